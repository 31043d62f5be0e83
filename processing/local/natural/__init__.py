"""The natural engine: hair is found, matted and dyed strand by strand."""
