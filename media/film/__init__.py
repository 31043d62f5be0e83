"""Films: files with pictures that move, as people upload them."""
