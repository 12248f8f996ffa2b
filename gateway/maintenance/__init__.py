"""维护窗口: announced times in which an interface answers 503 with its text, not counted as downtime."""
