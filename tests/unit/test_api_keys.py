"""Keys of enterprises, and for whom they are good."""

import pytest

from server.doors.api_keys import ApiKeys, digest_of, new_key
from server.doors.caller import ANYBODY, Caller
from server.doors.refusals import NotLetIn


def test_a_key_says_whose_it_is() -> None:
    """Of several, each its own; any other is refused."""
    keys = {user: new_key() for user in ("salon", "studio")}
    known = ApiKeys({digest_of(key): user for user, key in keys.items()})
    assert [known.caller(key).user_id for key in keys.values()] == ["salon", "studio"]
    for wrong in (new_key(), "", "x", "\udcff", digest_of(keys["salon"]), keys["salon"] + " "):
        with pytest.raises(NotLetIn):
            known.caller(wrong)


def test_keys_are_long_and_new() -> None:
    """Each holds 32 random bytes, and can be told from other secrets."""
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(key.startswith("htk_") and len(key) >= 47 for key in keys)


@pytest.mark.parametrize(
    ("caller", "for_whom"),
    [
        (Caller("ann"), ["ann"]),
        (Caller("salon"), ["salon"]),
        (Caller("salon", has_customers=True), ["salon", "salon:ann"]),
        (Caller("root", is_admin=True), ["ann", "Ann", "salon", "salon:ann", "salons", ""]),
        (ANYBODY, ["ann", "Ann", "salon", "salon:ann", "salons", ""]),
    ],
)
def test_for_whom_somebody_may_act(caller: Caller, for_whom: list[str]) -> None:
    """For oneself, an enterprise for its customers, an admin for all."""
    users = ["ann", "Ann", "salon", "salon:ann", "salons", ""]
    assert [user for user in users if caller.may_act_for(user)] == for_whom
