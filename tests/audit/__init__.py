"""What is installed: is it what is pinned, may it be passed on, and what is known against it."""
