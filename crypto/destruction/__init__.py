"""Destruction of a KEK and with it of every data key that only it can open."""
