"""Places: so many in all, so many of one user."""

from contextlib import ExitStack

import pytest

from server.places import Places
from server.replies import RequestRefused


def test_all_are_taken() -> None:
    """503; a place that is left is free again."""
    places = Places("photos", 1)
    with places.one("u1"), pytest.raises(RequestRefused) as caught, places.one("u2"):
        pass
    assert caught.value.status == 503
    with places.one():
        pass


def test_one_user_has_enough() -> None:
    """429, while others come in; nothing is remembered of who has left."""
    places = Places("watchers", 9, of_one=2)
    with places.one("u1"), places.one("u1"):
        with pytest.raises(RequestRefused) as caught, places.one("u1"):
            pass
        with places.one("u2"):
            pass
    assert caught.value.status == 429
    with places.one("u1"):
        pass
    assert not places._users


def test_a_place_is_lent_to_others() -> None:
    """Who comes back has it again, whether it is free or not, and nobody else comes in then."""
    places = Places("photos", 1, of_one=1)
    with ExitStack() as others, places.one("u1"):
        with places.left("u1"):
            others.enter_context(places.one("u2"))
        with pytest.raises(RequestRefused), places.one("u3"):
            pass
        others.close()
        with pytest.raises(RequestRefused), places.one("u3"):
            pass
    with places.one("u3"):
        pass
    assert not places._users
