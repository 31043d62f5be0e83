"""Settings, wiring, routes, protocols and the page: the only room that knows everybody."""
