"""What lies below a node, in the directory and, through a port, on the floors above (published interfaces)."""
