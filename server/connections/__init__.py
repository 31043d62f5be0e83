"""The connections below the requests: how many there are, and how long each may take."""
