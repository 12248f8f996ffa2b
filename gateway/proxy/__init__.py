"""The data plane: one asyncio.Protocol per connection, no task per request (docs/adr/0050)."""
