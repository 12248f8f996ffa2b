"""Where published data comes from: HTTP upstreams and declared tables."""
