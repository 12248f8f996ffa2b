"""Which nodes wait in an open transfer or duty change, so that no second one takes them."""
