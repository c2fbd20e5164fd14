"""C23: the only way to sign in cannot be unlinked, also if several requests unlink at once on several nodes: an
account never ends without one."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.browser import Answer, Browser
from support.fronts import at_both
from support.nodes import KNOWN_SECONDS, Fleet, a_person, measured
from support.waiting import wait_for

pytestmark = at_both

ROUNDS = int(os.environ.get("VALETKEY_RACES", "8"))


def owner_of(fleet: Fleet, identities: int) -> tuple[Browser, list[str]]:
    people = [a_person() for _ in range(identities)]
    profile = fleet.signed_in(people[0])
    for who in people[1:]:
        fleet.link(profile, who)
    return profile, [who["user_id"] for who in people]


def untie(profile: Browser, subject: str) -> Answer:
    return profile.fetch("POST", "/auth/unlink/", {"provider": profile.provider, "subject": subject})


def told_at(profile: Browser) -> list[str]:
    return [one["subject"] for one in profile.account()["identities"]]


def left(fleet: Fleet, subjects: list[str]) -> list[str]:
    return [subject for _, subject, _ in fleet.rows.identities() if subject in subjects]


def test_one_after_the_other(fleet: Fleet) -> None:
    """The control: of two, one may go; and then none."""
    profile, (first, second) = owner_of(fleet, 2)
    assert untie(profile, first).status == 200
    refused = untie(profile, second)
    assert (refused.status, refused.code) == (409, "last_identity")
    assert left(fleet, [first, second]) == [second]
    assert profile.me().status == 200


@pytest.mark.parametrize("identities", [2, 4])
def test_all_at_once(fleet: Fleet, identities: int) -> None:
    """Each identity at another node, by one session. All but one go; the last is refused, and says why."""
    for _ in range(ROUNDS):
        profile, subjects = owner_of(fleet, identities)
        pairs = [(fleet.at(fleet.nodes[number], profile), subject) for number, subject in enumerate(subjects)]
        with ThreadPoolExecutor(identities) as pool:
            answers = list(pool.map(lambda pair: untie(*pair), pairs))
        assert Counter((answer.status, answer.code) for answer in answers) == {
            (200, None): identities - 1,
            (409, "last_identity"): 1,
        }
        remaining = left(fleet, subjects)
        assert len(remaining) == 1
        # At every node, within a second.
        for node in fleet.nodes:
            at_node = fleet.at(node, profile)
            wait_for(lambda at=at_node: told_at(at) == remaining, KNOWN_SECONDS)
        assert fleet.rows.halves() == {}
    measured(
        f"{fleet.rows.kind}: {ROUNDS} times {identities} identities of an account untied at once, each at another node",
        "one left each time",
    )


def test_by_two_sessions(fleet: Fleet) -> None:
    """Each unlinks the identity that opened the other's: the loser is refused, or is signed out by then."""
    for _ in range(ROUNDS):
        people = [a_person(), a_person()]
        first = fleet.signed_in(people[0])
        fleet.link(first, people[1])
        second = fleet.signed_in(people[1])
        pairs = [(first, people[1]["user_id"], 0), (second, people[0]["user_id"], 1)]
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda one: untie(fleet.at(fleet.nodes[one[2]], one[0]), one[1]), pairs))
        assert [answer.status for answer in answers].count(200) == 1
        (loser,) = (answer for answer in answers if answer.status != 200)
        assert (loser.status, loser.code) in ((409, "last_identity"), (401, "not_signed_in"))
        assert len(left(fleet, [who["user_id"] for who in people])) == 1
