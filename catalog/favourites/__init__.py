"""Favourites: nodes that a person keeps at hand, in an order of his own."""
