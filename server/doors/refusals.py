"""Why somebody is not let in."""


class NotLetIn(Exception):
    """Somebody has not shown who they are. The reason is for them, and says nothing of others."""


class DoorsAway(Exception):
    """It cannot be found out now who somebody is: keys or tickets cannot be reached."""
