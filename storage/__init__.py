"""Records, databases and caches. Imports none of the other rooms."""
