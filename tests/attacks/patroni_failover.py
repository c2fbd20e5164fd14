"""C55: the leader of a cluster that Patroni keeps is killed, again and again, while people sign in. ``./run soak
failover`` runs this file; ``test_c55_failover.py`` is its small form.

Two nodes are the README's app under uvicorn and two are Flask under gunicorn. Each kill ends Patroni, PostgreSQL and
all their processes at once, by SIGKILL. Another member is elected when the leader's key has expired; only then is the
dead one started again, and it must come back by pg_rewind before the next kill. While there is no leader, one of the
nodes is replaced, as in a deployment.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.crowds import Crowd, missing, unknown
from support.gunicorns import of_both_kinds
from support.nodes import Fleet, fleet_of, measured
from support.patroni import TTL_SECONDS, Cluster, cluster
from support.rows import PostgreSQLRows
from support.servers import Provider
from support.waiting import wait_for
from support.zygote import Zygote

KILLS = int(os.environ.get("VALETKEY_FAILOVERS", "1"))
NODES = 4
AT_ONCE = 6
# From the moment when the cluster commits a write to the first login that is answered. It has two round trips of a
# browser in it, at a machine that runs three databases.
ANSWERED_SECONDS = 3.0
ELECTED_SECONDS = TTL_SECONDS + 30.0


@pytest.fixture
def patroni() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture
def fleet(patroni: Cluster, zygote: Zygote, fleets_provider: Provider, tmp_path: Path) -> Iterator[Fleet]:
    fleets_provider.reset()
    fleets_provider.set(lenient=True)
    with fleet_of(
        PostgreSQLRows(patroni), zygote, tmp_path / "nodes", NODES, fleets_provider, node_of=of_both_kinds
    ) as running:
        yield running


def test_the_leader_is_killed(patroni: Cluster, fleet: Fleet) -> None:
    crowd = Crowd(fleet, AT_ONCE)
    elected, landed, back = [], [], []
    try:
        wait_for(lambda: len(crowd.answered) > 20, 60)  # the control
        for turn in range(KILLS):
            time.sleep(random.uniform(0, 1))
            dead = patroni.leader()
            assert dead is not None
            killed_at = time.monotonic()
            dead.kill()
            replaced = fleet.nodes[turn % NODES]
            replaced.stop()
            replaced.start()
            wait_for(patroni.commits, ELECTED_SECONDS, what="a leader that commits")
            leads_at = time.monotonic()
            elected.append(leads_at - killed_at)
            assert patroni.leader() is not dead
            # A login may even be answered a moment before the probe of this test is.
            answered_at = wait_for(lambda at=leads_at: crowd.first_answered_after(at - 1), 30, what="a login")
            landed.append(max(answered_at - leads_at, 0.0))
            rewound = dead.rewound
            dead.start()
            patroni.wait_until_whole()
            back.append(dead.rewound > rewound)
            assert back[-1]
            assert missing(fleet, list(crowd.answered)) == []
            assert crowd.faults == []
            took = f"{elected[-1]:.1f} s, {landed[-1]:.2f} s, whole again {time.monotonic() - leads_at:.1f} s later"
            print(f"{turn + 1}: {dead.name} killed, {took}, {dict(crowd.answers)}", flush=True)
    finally:
        crowd.stop()
        fleet.each(lambda node: node.kill())  # so that nothing is written while this is counted
    away = sum(count for what, count in crowd.answers.items() if what.endswith(" 503"))
    lost = missing(fleet, crowd.answered)
    measured(
        f"patroni and etcd, 3 members, synchronous, ttl {TTL_SECONDS} s: leader killed {KILLS} times, {NODES} nodes",
        f"{len(crowd.answered)} logins answered, {len(lost)} lost or twice; {crowd.reloaded} landed by a reload, "
        f"{crowd.begun_again} began again, {away} answers were 503 with Retry-After, {len(crowd.faults)} other; a new "
        f"leader after {max(elected):.0f} s at most, and a login {max(landed):.2f} s after that at most; "
        f"{sum(back)} of the dead came back by pg_rewind",
    )
    assert lost == []
    assert crowd.faults == []
    assert fleet.rows.halves() == {}
    assert max(landed) <= ANSWERED_SECONDS
    assert crowd.answers["callback, store_unavailable, 503"] > 0  # the kills were felt
    assert crowd.reloaded > 0
    newcomer = fleet.nodes[0]
    newcomer.start()
    assert unknown(fleet, newcomer, crowd.answered) == []
    assert max(fleet.provider.exchanged.values()) <= 2
    assert "Traceback" not in fleet.logs
