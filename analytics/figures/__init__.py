"""Figures: the rules (indicators) and their values with numerator, denominator and rows."""
