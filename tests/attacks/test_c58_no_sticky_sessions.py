"""C58: nothing sticks to a node. Start, callback and collect of a login meet three different nodes, whichever; the same
callback at all of them at once is one exchange and one outcome; and nobody is signed in as somebody else."""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.browser import Answer, Browser
from support.fronts import at_both, at_each
from support.nodes import Fleet, Node, a_person, measured

PEOPLE = int(os.environ.get("VALETKEY_PEOPLE", "100"))


@at_both
def test_every_way_through_the_nodes(fleet: Fleet) -> None:
    """Start on one, callback on another, collected at a third: in every order of three out of four."""
    for start, callback, collect in itertools.permutations(fleet.nodes, 3):
        who = a_person()
        profile = fleet.browser(start)
        begun = profile.begin()
        # The popup is closed before the answer comes: what its answer would have set is lost.
        popup = fleet.at(callback, Browser("", cookies=dict(profile.cookies)))
        assert popup.come_back(fleet.provider.approve(begun.send_to, **who)).status == 303
        page = fleet.at(collect, profile)
        assert page.session(begun.login)["login"]["state"] == "done"
        collected = page.collect(begun.login)
        assert [one["subject"] for one in collected.json()["account"]["identities"]] == [who["user_id"]]
        for node in fleet.nodes:
            assert fleet.at(node, page).me().json()["id"] == collected.json()["account"]["id"]
    assert len(fleet.provider.exchanges) == 24
    assert fleet.rows.halves() == {}


def test_the_front_deals_them_out(fleet: Fleet) -> None:
    """The control of the long forms: each node has its share of what goes to the one address."""
    before = [node.log.count("GET /api/me") for node in fleet.nodes]
    profile = fleet.browser()
    for _ in range(8):
        assert profile.me().status == 401
    after = [node.log.count("GET /api/me") for node in fleet.nodes]
    assert [one - other for one, other in zip(after, before, strict=True)] == [2, 2, 2, 2]


@at_each
@pytest.mark.parametrize("copies", [1, 5])
def test_the_same_callback_at_all_nodes_at_once(fleet: Fleet, copies: int) -> None:
    """Once at each node, and five times; while the provider takes its time. One exchange; everybody gets its pass."""
    who, before = a_person(), fleet.rows.all_rows()
    honest = fleet.browser()
    callback = fleet.provider.approve(honest.begin().send_to, **who)
    fleet.provider.fault("exchange", "delay", seconds=0.4)

    def deliver(node: Node) -> tuple[Answer, str | None]:
        copy = fleet.at(node, Browser("", cookies=dict(honest.cookies)))
        return copy.come_back(callback), copy.session_cookie

    with ThreadPoolExecutor(4 * copies) as pool:
        answers = list(pool.map(deliver, fleet.nodes * copies))
    assert {answer.status for answer, _ in answers} == {303}
    assert len({cookie for _, cookie in answers}) == 1
    assert len(fleet.provider.exchanges) == 1
    after = fleet.rows.all_rows()
    assert {table: after[table] - before[table] for table in after} == dict.fromkeys(after, 1)
    assert fleet.rows.halves() == {}


@at_both
def test_people_at_once(fleet: Fleet) -> None:
    """C8 by the hundred over four nodes: every answer is asked whose it is."""
    people = [a_person() for _ in range(PEOPLE)]

    def live(who: dict[str, str]) -> set[str]:
        profile = fleet.browser()
        begun = profile.begin()
        profile.come_back(fleet.provider.approve(begun.send_to, **who))
        answers = (profile.session(begun.login)["account"], profile.collect().json()["account"], profile.me().json())
        return {identity["subject"] for account in answers for identity in account["identities"]}

    with ThreadPoolExecutor(16) as pool:
        seen = list(pool.map(live, people))
    crossed = [(who, subjects) for who, subjects in zip(people, seen, strict=True) if subjects != {who["user_id"]}]
    measured(f"{fleet.rows.kind}: {PEOPLE} people on {len(fleet.nodes)} nodes, 16 at once", f"{len(crossed)} crossed")
    assert crossed == []
    mine = {who["user_id"]: who["screen_name"] for who in people}
    stored = [
        (subject.decode() if isinstance(subject, bytes) else subject, handle)
        for subject, handle in fleet.rows.query("SELECT subject, handle FROM identities")
    ]
    assert {subject: handle for subject, handle in stored if subject in mine} == mine
    accounts = [account for _, subject, account in fleet.rows.identities() if subject in mine]
    assert len(set(accounts)) == PEOPLE
