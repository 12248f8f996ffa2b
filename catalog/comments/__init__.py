"""Comments on nodes: threads, replies, mentions, corrections with their trace."""
