"""Several workers on one machine, and the process that starts them."""
