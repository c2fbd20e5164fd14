"""C55: the primary of two PostgreSQL servers is gone, killed or hanging, while people sign in, and its synchronous
standby takes its place. The app has both in its URL. ``patroni_failover.py`` plays this twenty times, with a cluster
that decides by itself (``./run soak failover``).

A login that was answered is there, once, and so is a sign-out. Every other answer is a 503 that says when to come
again, and the same callback lands then. The app finds the new primary by itself, in the time of a verb or two."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.crowds import Crowd, missing, unknown
from support.gunicorns import of_both_kinds
from support.nodes import Fleet, fleet_of, measured
from support.rows import PostgreSQLRows
from support.servers import Provider
from support.standby import Pair, pair
from support.waiting import wait_for
from support.zygote import Zygote

AT_ONCE = 6
ANSWERED_SECONDS = 3.0  # from the promotion to the first login


@pytest.fixture
def both() -> Iterator[Pair]:
    with pair() as running:
        yield running


@pytest.fixture
def fleet(both: Pair, zygote: Zygote, fleets_provider: Provider, tmp_path: Path) -> Iterator[Fleet]:
    fleets_provider.reset()
    fleets_provider.set(lenient=True)
    rows = PostgreSQLRows(both)
    with fleet_of(rows, zygote, tmp_path / "nodes", 2, fleets_provider, node_of=of_both_kinds) as running:
        yield running


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hanging"])
def test_the_standby_takes_over(both: Pair, fleet: Fleet, how: signal.Signals) -> None:
    crowd = Crowd(fleet, AT_ONCE)
    try:
        wait_for(lambda: len(crowd.answered) > 20, 30)  # the control
        both.fail_over(how)
        leads_at = time.monotonic()
        wait_for(lambda: crowd.first_answered_after(leads_at), 30)
        answered = len(crowd.answered)
        wait_for(lambda: len(crowd.answered) > answered + 20, 30)
    finally:
        crowd.stop()
        fleet.each(lambda node: node.kill())  # so that nothing is written while this is counted
        both.primary.signal_all(signal.SIGKILL)  # if it is still there, what this test asks waits for it
    landed = crowd.first_answered_after(leads_at) - leads_at
    told = sum(count for what, count in crowd.answers.items() if what.endswith(" 503"))
    measured(
        f"the primary is {'killed' if how == signal.SIGKILL else 'hanging'}, and its standby takes over",
        f"{len(crowd.answered)} logins answered, {crowd.reloaded} by a reload, {crowd.begun_again} began again, {told} "
        f"answers were 503 with Retry-After, {len(crowd.faults)} other; a login after {landed:.2f} s",
    )
    assert crowd.faults == []
    assert missing(fleet, crowd.answered) == []
    assert fleet.rows.halves() == {}
    assert landed <= ANSWERED_SECONDS
    newcomer = fleet.nodes[1]
    newcomer.start()
    assert unknown(fleet, newcomer, crowd.answered) == []
    assert "Traceback" not in fleet.logs
