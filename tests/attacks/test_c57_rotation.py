"""C57: while people sign in, each of four nodes restarts twice, and with it the key rotates in the two rollouts
that it takes: last in everybody's list, then first. No login fails, none that is under way meanwhile, and nobody is
signed out.

Each node is taken out of turn, finishes what it has, and is stopped; as any deployment does.
"""

from __future__ import annotations

import base64
import hashlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from support.browser import Browser
from support.nodes import Fleet, a_person, measured
from support.rows import Rows
from support.servers import SECRET
from support.waiting import wait_for

LOGINS = int(os.environ.get("VALETKEY_ROTATED_LOGINS", "30"))
NEW = "03RPwpLqqgkUuGeaucdap88TtfGjoe1QzAmfzXwklm8voRHh"
AT_ONCE = 4
# Keys are no matter of the database.
pytestmark = pytest.mark.parametrize("rows", ["sqlite"], indirect=True)


class Load:
    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.landed: list[tuple[dict[str, str], Browser]] = []
        self.failed: list[str] = []
        self.over = threading.Event()
        self._threads = [threading.Thread(target=self._live) for _ in range(AT_ONCE)]
        for thread in self._threads:
            thread.start()

    def _live(self) -> None:
        while not self.over.is_set() or len(self.landed) + len(self.failed) < LOGINS:
            who = a_person()
            try:
                self.landed.append((who, self._signed_in(who)))
            except Exception as fault:
                self.failed.append(repr(fault))

    def _signed_in(self, who: dict[str, str]) -> Browser:
        profile = self.fleet.browser()
        begun = profile.begin()
        callback = self.fleet.provider.approve(begun.token, **who)
        time.sleep(random.uniform(0.0, 0.1))  # the person reads what is asked for
        answer = profile.come_back(callback)
        assert answer.status == 303, answer.text
        assert profile.collect(begun.login).json()["login"]["state"] == "done"
        assert [one["subject"] for one in profile.me().json()["identities"]] == [who["user_id"]]
        return profile

    def stop(self) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join(60)


def rollout(fleet: Fleet, secrets: str, then: Callable[[], None] = lambda: None) -> None:
    """One node after the other."""
    for node in fleet.nodes:
        then()
        node.stop()
        assert node.ended in (0, -signal.SIGTERM), node.log  # in order, and then as the signal says
        node.start(VALETKEY_SECRET=secrets)


def test_a_rotation_under_load(rows: Rows, new_fleet: Callable[..., Fleet]) -> None:
    fleet = new_fleet(rows)
    signed_in = [fleet.signed_in(a_person()) for _ in range(3)]
    # These are with the provider through all of it.
    under_way = [(who := a_person(), profile := fleet.browser(), profile.begin()) for _ in range(3)]
    load, steps = Load(fleet), iter(range(1, 9))

    def a_ninth_later() -> None:
        share = LOGINS * next(steps) / 9
        wait_for(lambda: len(load.landed) + len(load.failed) >= share, 120)

    try:
        rollout(fleet, f"{SECRET},{NEW}", a_ninth_later)
        rollout(fleet, f"{NEW},{SECRET}", a_ninth_later)
    finally:
        load.stop()
    logins = len(load.landed) + len(load.failed)
    measured(
        f"{rows.kind}: {logins} logins while each of {len(fleet.nodes)} nodes restarted twice",
        f"{len(load.failed)} failed",
    )
    assert load.failed == []
    assert len(load.landed) >= LOGINS
    for who, profile, begun in under_way:
        assert profile.come_back(fleet.provider.approve(begun.token, **who)).status == 303
        assert [one["subject"] for one in profile.account()["identities"]] == [who["user_id"]]
    assert {profile.me().status for profile in signed_in} == {200}
    assert {profile.me().status for _, profile in load.landed} == {200}
    assert rows.halves() == {}
    assert rows.count("accounts") == len(load.landed) + 6

    # The control: it was a rotation. Without the old key its passes are worth nothing, and the new one's are.
    of_new_key = fleet.signed_in(a_person())
    rollout(fleet, NEW)
    assert {profile.me().status for profile in signed_in} == {401}
    assert of_new_key.me().status == 200


def test_a_code_that_is_told_twice_in_mid_rotation(rows: Rows, new_fleet: Callable[..., Fleet]) -> None:
    """Handed off to a page on another site, and the answer lost: the node that is asked again has the keys in the other
    order, and tells the same code. So has one whose key is the first one's, which has not heard of the new one."""
    page = "https://app.example"
    relayed = {"VALETKEY_DELIVERY": "token", "VALETKEY_ORIGINS": page, "VALETKEY_RELAY": f"{page}/relay.html"}
    fleet = new_fleet(rows, 4, **relayed)
    for node, keys in zip(fleet.nodes[1:], (f"{SECRET},{NEW}", f"{NEW},{SECRET}", f"{NEW},{SECRET}"), strict=True):
        node.stop()
        node.start(VALETKEY_SECRET=keys)
    # Begun under either key; one node issues the code, and the next issues it once more.
    for order in ((0, 1, 2), (1, 2, 1), (2, 1, 2), (3, 2, 1), (1, 3, 2)):
        begin, first, again = (fleet.nodes[number] for number in order)
        verifier = "v" * 43
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        popup = Browser(begin.base, origin=page, site="cross-site")
        begun = popup.begin(challenge=challenge)
        callback = fleet.provider.approve(begun.token, **a_person())
        copies = [Browser(node.base, cookies=dict(popup.cookies)) for node in (first, again)]
        told = [copy.come_back(callback).header("location") or "" for copy in copies]
        assert told[0] == told[1]
        code = parse_qs(urlsplit(told[1]).fragment)["code"][0]
        value = {"login": begun.login, "code": code, "verifier": verifier}
        asked = Browser(again.base, origin=page, site="cross-site").fetch(
            "POST", "/auth/session", value, Sec_Fetch_Site="cross-site"
        )
        assert asked.status == 200, asked.text
        assert asked.json()["token"]


def test_a_rotation_in_one_step_fails(rows: Rows, new_fleet: Callable[..., Fleet]) -> None:
    """The control of why it takes two: a key that signs before everybody knows it."""
    fleet = new_fleet(rows, 2)
    hasty, other = fleet.nodes
    hasty.stop()
    hasty.start(VALETKEY_SECRET=f"{NEW},{SECRET}")
    profile = fleet.browser(hasty)
    callback = fleet.provider.approve(profile.begin().token, **a_person())
    assert fleet.at(other, profile).come_back(callback).code == "another_browser"
    signed_in = fleet.signed_in(a_person(), hasty)
    assert [fleet.at(node, signed_in).me().status for node in (hasty, other)] == [200, 401]
