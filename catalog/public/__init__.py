"""The one definition of the public part of the directory."""
