"""Where rows come from: HTTP upstreams, databases, uploaded files."""
