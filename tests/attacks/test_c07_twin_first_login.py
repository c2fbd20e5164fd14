"""C7: two first logins of one person at the same moment, at two nodes of four: one account, two sessions, no error;
with people of the app's own, one of these each as well. Two persons at the same moment are two."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support import people
from support.browser import Browser
from support.fronts import at_both, at_each
from support.nodes import Fleet, a_person, measured

PAIRS = int(os.environ.get("VALETKEY_PAIRS", "40"))
AT_ONCE = 6


def both_come_back(fleet: Fleet, one: dict[str, str], other: dict[str, str], turn: int) -> list[Browser]:
    """Started one after the other; both answers come in the same moment, at two nodes."""
    nodes = [fleet.nodes[turn % len(fleet.nodes)], fleet.nodes[(turn + 1 + turn // 4 % 3) % len(fleet.nodes)]]
    assert nodes[0].pid != nodes[1].pid
    profiles = [fleet.browser(node) for node in nodes]
    callbacks = [
        fleet.provider.approve(profile.begin().send_to, **who)
        for profile, who in zip(profiles, (one, other), strict=True)
    ]
    together = threading.Barrier(2)

    def come_back(number: int) -> None:
        together.wait(30)
        answer = profiles[number].come_back(callbacks[number])
        assert answer.status == 303, answer.text
        assert profiles[number].session_cookie, answer.headers

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(come_back, (0, 1)))
    return profiles


def twins(fleet: Fleet, pairs: int) -> list[dict[str, str]]:
    """Each pair is one person."""
    born = [a_person() for _ in range(pairs)]
    before = fleet.rows.all_rows()

    def pair(turn: int) -> None:
        one, other = both_come_back(fleet, born[turn], born[turn], turn)
        assert one.account()["id"] == other.account()["id"]
        assert one.session_cookie != other.session_cookie
        assert [identity["subject"] for identity in one.account()["identities"]] == [born[turn]["user_id"]]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(pair, range(pairs)))
    after = fleet.rows.all_rows()
    grown = {table: after[table] - before[table] for table in after}
    assert grown == {"accounts": pairs, "identities": pairs, "sessions": 2 * pairs, "login_claims": 2 * pairs}
    assert fleet.rows.halves() == {}
    assert "Traceback" not in fleet.logs
    own = " with a users table" if "NODE_PEOPLE" in fleet.env else ""
    measured(
        f"{fleet.rows.kind}: {pairs} pairs of first logins at once on {len(fleet.nodes)} nodes{own}",
        f"{grown['accounts']} accounts, {grown['sessions']} sessions, 0 errors",
    )
    return born


@at_each
def test_twins(fleet: Fleet) -> None:
    twins(fleet, PAIRS)


def test_twins_with_people_of_the_apps_own(rows, new_fleet, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    own = str(tmp_path / "people.db")
    people.make(own)
    fleet = new_fleet(rows, NODE_PEOPLE=own)
    born = twins(fleet, max(PAIRS // 2, 1))
    accounts = sorted((account, subject) for _, subject, account in rows.identities())
    assert sorted(people.people(own)) == accounts
    assert {subject for _, subject in accounts} == {who["user_id"] for who in born}


@at_both
def test_two_persons_are_two(fleet: Fleet) -> None:
    """The control: in the same moment, at the same two nodes, alike in all but their ids."""
    for turn in range(10):
        alike = a_person()
        other = {**alike, "user_id": a_person()["user_id"]}
        one, two = both_come_back(fleet, alike, other, turn)
        assert one.account()["id"] != two.account()["id"]
