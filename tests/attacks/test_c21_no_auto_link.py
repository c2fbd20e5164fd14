"""C21: nobody comes into another's account by looking like them. Equal handles, names and pictures, at once or one
after the other, before or after the other's sign-up, never link. Only a signed-in user who asks for it links."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from support.fronts import at_both
from support.nodes import Fleet, a_person

pytestmark = at_both

ALIKE = {
    "the same handle": lambda who: {"screen_name": who["screen_name"]},
    "the same handle in capitals": lambda who: {"screen_name": who["screen_name"].upper()},
    "the same name": lambda who: {"screen_name": "somebody", "name": who["name"]},
    "the same handle and name": lambda who: {"screen_name": who["screen_name"], "name": who["name"]},
    "the other's id as handle and name": lambda who: {"screen_name": who["user_id"], "name": who["user_id"]},
    "an address in the name": lambda who: {"screen_name": "mail", "name": f"{who['screen_name']}@example.com"},
}


MOST_ALIKE = "the same handle and name"


def somebody() -> dict[str, str]:
    who = a_person()
    return {**who, "name": f"Somebody Called {who['user_id']}"}


@pytest.mark.parametrize(
    ("how", "attacker"),
    [*((how, "comes second") for how in ALIKE), *((MOST_ALIKE, one) for one in ("was there first", "comes at once"))],
)
def test_alike(fleet: Fleet, how: str, attacker: str) -> None:
    victim = somebody()
    mallory = {"user_id": a_person()["user_id"], **ALIKE[how](victim)}
    order = [mallory, victim] if attacker == "was there first" else [victim, mallory]
    if attacker == "comes at once":
        with ThreadPoolExecutor(2) as pool:
            profiles = list(pool.map(lambda who: fleet.signed_in(who, fleet.nodes[order.index(who)]), order))
    else:
        profiles = [fleet.signed_in(who) for who in order]
    accounts = [profile.account() for profile in profiles]
    assert len({account["id"] for account in accounts}) == 2
    for who, account in zip(order, accounts, strict=True):
        assert [one["subject"] for one in account["identities"]] == [who["user_id"]]
    # And again, once both are known.
    for who, account in zip(order, accounts, strict=True):
        assert fleet.signed_in(who).account()["id"] == account["id"]


def test_who_takes_a_handle_over(fleet: Fleet) -> None:
    """The victim renames; the attacker takes the handle that is free now, with name and all."""
    victim = somebody()
    first = fleet.signed_in(victim)
    fleet.signed_in({**victim, "screen_name": f"new{victim['user_id']}"})
    mallory = fleet.signed_in({**victim, "user_id": a_person()["user_id"]})
    assert mallory.account()["id"] != first.account()["id"]
    assert [one["handle"] for one in first.account()["identities"]] == [f"new{victim['user_id']}"]


def test_an_account_made_ready_for_somebody(fleet: Fleet) -> None:
    """Pre-hijacking: an account under the victim's handle waits for them, with a session that lives on. They do not
    come into it, and it sees nothing of theirs."""
    victim = somebody()
    trap = fleet.signed_in({**victim, "user_id": a_person()["user_id"]})
    second = {**victim, "user_id": a_person()["user_id"]}
    fleet.link(trap, second)
    honest = fleet.signed_in(victim)
    assert honest.account()["id"] != trap.account()["id"]
    assert [one["subject"] for one in honest.account()["identities"]] == [victim["user_id"]]
    assert victim["user_id"] not in [one["subject"] for one in trap.account()["identities"]]


def test_the_control(fleet: Fleet) -> None:
    """The same two identities, alike, in one account, because their owner asked."""
    who = somebody()
    other = {**who, "user_id": a_person()["user_id"]}
    profile = fleet.signed_in(who)
    fleet.link(profile, other)
    assert fleet.signed_in(other).account()["id"] == profile.account()["id"]
