"""The tables of the four levels, their versioned hash profile and their version rows."""
