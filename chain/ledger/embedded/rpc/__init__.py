"""JSON-RPC 2.0 over a node: codec, formats, methods, dispatch. Knows no transport."""
