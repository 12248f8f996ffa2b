"""Code lists as tokens, credit and resource codes, and the counters that give codes out."""
