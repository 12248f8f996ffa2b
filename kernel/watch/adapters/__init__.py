"""How targets are really probed."""
