"""The full-text index of each database behind one port."""
