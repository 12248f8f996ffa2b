"""Published interfaces as configuration of engines that a city already runs: HAProxy, nginx with Lua, Kong, APISIX."""
