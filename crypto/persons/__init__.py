"""Protected persons: the platform's own encrypted person table."""
