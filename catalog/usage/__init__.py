"""Usage of entries by the day: views, downloads and calls, counted without a write per read."""
