"""What a request uses up of what its user or its address may do."""

from enum import Enum


class Costs(Enum):
    """Of which limits it is one."""

    NOTHING = "nothing"
    CALL = "a call of its user's"
    UPLOAD = "an upload of its user's, and a call"
    CONNECTION = "a live connection of its address's"
