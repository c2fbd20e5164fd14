"""C53 in a crowd: nodes are killed at any moment, from outside and in the middle of whatever they do, while people
sign in. Nothing is by half, nobody is there twice, and every login that was answered stands."""

from __future__ import annotations

import http.client
import os
import random
import threading
import time
from collections.abc import Callable

from support.browser import Browser
from support.fronts import at_both
from support.nodes import Fleet, a_person, measured
from support.rows import Rows
from support.waiting import wait_for

KILLS = int(os.environ.get("VALETKEY_CROWD_KILLS", "6"))
AT_ONCE = 6
STARTED_SECONDS = 2.0  # a second, on a machine that is busy with other tests


class Crowd:
    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.answered: list[tuple[dict[str, str], Browser]] = []
        self.cut_off = 0
        self.faults: list[str] = []
        self.over = threading.Event()
        self._threads = [threading.Thread(target=self._live) for _ in range(AT_ONCE)]
        for thread in self._threads:
            thread.start()

    def _live(self) -> None:
        while not self.over.is_set():
            who = a_person()
            for _ in range(50):  # clicks
                try:
                    profile = self.fleet.browser()
                    callback = self.fleet.provider.approve(profile.begin().send_to, **who)
                    answer = profile.come_back(callback)
                    assert answer.status == 303, answer.text
                    assert answer.code is None
                    self.answered.append((who, profile))
                    break
                except (ConnectionError, http.client.HTTPException, OSError):
                    self.cut_off += 1
                except Exception as fault:
                    self.faults.append(repr(fault))
                    return

    def stop(self) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join(60)


@at_both
def test_killed_in_a_crowd(rows: Rows, new_fleet: Callable[..., Fleet]) -> None:
    fleet = new_fleet(rows)
    crowd, longest = Crowd(fleet), 0.0
    try:
        for _ in range(KILLS):
            seen = len(crowd.answered)
            wait_for(lambda seen=seen: len(crowd.answered) > seen + 5 or crowd.faults, 30)
            node = random.choice(fleet.nodes)
            time.sleep(random.uniform(0.0, 0.05))  # any moment of what it does
            node.kill()
            assert node.ended == -9
            began = time.monotonic()
            node.start()
            longest = max(longest, time.monotonic() - began)
    finally:
        crowd.stop()
    measured(
        f"{rows.kind}: {KILLS} nodes killed at any moment, {AT_ONCE} people at once",
        f"{len(crowd.answered)} landed, {crowd.cut_off} were cut off and clicked again; 0 by half, 0 twice; "
        f"up again after {longest:.2f} s at most",
    )
    assert crowd.faults == []
    assert rows.halves() == {}
    tied = [subject for _, subject, _ in rows.identities()]
    assert len(tied) == len(set(tied)) == rows.count("accounts")
    assert {who["user_id"] for who, _ in crowd.answered} <= set(tied)
    for who, profile in crowd.answered:
        assert [one["subject"] for one in profile.me().json()["identities"]] == [who["user_id"]]
    assert fleet.provider.exchanged.total() > 10
    assert max(fleet.provider.exchanged.values()) <= 2
    assert longest < STARTED_SECONDS
