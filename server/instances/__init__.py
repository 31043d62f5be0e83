"""Several instances of the service, which know where each live session is."""
