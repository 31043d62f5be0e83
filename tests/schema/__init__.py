"""What a program needs to try out the documented API."""
