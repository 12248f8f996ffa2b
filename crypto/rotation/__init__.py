"""Rotation: a data key is exchanged while its column is read and written; survives kill -9 anywhere."""
