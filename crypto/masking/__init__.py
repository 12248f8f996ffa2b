"""Masking: what somebody without a grant sees of a protected value."""
