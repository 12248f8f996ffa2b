"""OpenAPI import: a description of an upstream becomes draft interfaces with findings. Its text is hostile input."""
