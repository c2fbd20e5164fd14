"""A line that is cut at COMMIT: each verb answers, and leaves behind, exactly what it would have otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from postgresql_bench import PostgreSQLBench
from severed_outcome import outcome
from severed_stories import (
    ADA,
    KEY,
    NEW,
    RAISED,
    STORIES,
    Verb,
    claim,
    issue_code,
    issue_code_resolved,
    resolve,
    second_exchange,
)
from store_contract.bench import a_session, attaching, signing_in
from support.postgresql import Server
from support.severing import Severing

from valetkey.errors import IdentityTaken, StoreError
from valetkey.storage.base import Lease, Store
from valetkey.storage.postgresql.access import PATIENCE_SECONDS


@pytest.fixture(params=[True, False], ids=["blocking", "loop"])
def blocking(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def bench(postgresql: Server, blocking: bool) -> Iterator[PostgreSQLBench]:
    bench = PostgreSQLBench(postgresql, blocking=blocking)
    bench.freeze()
    yield bench
    bench.close()


@pytest.fixture
def control(postgresql: Server, bench: PostgreSQLBench) -> Iterator[PostgreSQLBench]:
    """Another database, at the very same time, on which nothing is cut."""
    control = PostgreSQLBench(postgresql, blocking=bench.blocking)
    control.stand_still_at(bench.clock())
    yield control
    control.close()


@pytest.fixture
def line(postgresql: Server) -> Iterator[Severing]:
    line = Severing(postgresql.port)
    yield line
    line.stop()


def through(line: Severing, bench: PostgreSQLBench, patience_seconds: float | None = None) -> Store:
    url = bench.server.in_schema(bench.schema, bench.server.through(line.port))
    return bench.open(url=url, patience_seconds=patience_seconds)


@pytest.mark.parametrize("way", ["there", "back"])
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_cut_at_commit_changes_nothing(
    bench: PostgreSQLBench, control: PostgreSQLBench, line: Severing, story: Callable[[PostgreSQLBench], Verb], way: str
) -> None:
    expected = outcome(control, control.open(), story(control))
    verb = story(bench)
    store = through(line, bench)
    line.cut(way)
    assert outcome(bench, store, verb) == expected
    assert line.done == 1


@pytest.mark.parametrize("story", RAISED, ids=lambda story: story.__name__)
def test_what_is_refused_without_a_trace_commits_nothing(
    bench: PostgreSQLBench, control: PostgreSQLBench, line: Severing, story: Callable[[PostgreSQLBench], Verb]
) -> None:
    expected = outcome(control, control.open(), story(control))
    verb = story(bench)
    store = through(line, bench)
    line.cut("back")
    assert outcome(bench, store, verb) == expected
    assert line.done == 0


def test_again_and_again(bench: PostgreSQLBench, line: Severing) -> None:
    """Whichever of the attempts it was that was committed."""
    store = through(line, bench)
    for number, way in enumerate(("back", "there")):
        bench.claim(f"key-{number}")
        line.cut(way, times=3)
        new = a_session()
        row = bench.run(store.complete(Lease(f"key-{number}", "owner"), signing_in(ADA, new)))
        assert row is not None
        assert row.id == new.id
        assert line.done == 3
    assert [bench.count(table) for table in ("accounts", "identities", "sessions", "audit_events")] == [1, 1, 2, 2]
    bench.run(store.close())


def test_a_connection_that_always_breaks_is_a_store_error(bench: PostgreSQLBench, line: Severing) -> None:
    """Said within the budget; and what the claim says afterwards is what happened."""
    store = through(line, bench, PATIENCE_SECONDS)
    bench.claim(KEY)
    line.cut("there", times=1000)
    with pytest.raises(StoreError):
        bench.run(store.complete(Lease(KEY, "owner"), signing_in(ADA, NEW)))
    line.cuts = 0
    stands = bench.find_claim(KEY)
    assert stands is not None
    assert stands.state == "claimed"
    assert bench.count("accounts") == 0
    assert bench.run(store.complete(Lease(KEY, "owner"), signing_in(ADA, NEW))) is not None
    bench.run(store.close())


# Somebody else, between the commit and the repeat.


@pytest.mark.parametrize(
    "story", [claim, second_exchange, issue_code, resolve, issue_code_resolved], ids=lambda story: story.__name__
)
def test_what_was_voided_meanwhile_stays_voided(
    bench: PostgreSQLBench, line: Severing, story: Callable[[PostgreSQLBench], Verb]
) -> None:
    """Signed out while the answer was on its way: the repeat must not believe that it still holds anything."""
    verb, store, node = story(bench), through(line, bench), bench.another_node()
    line.cut("back", between=partial(node.void, KEY))
    answer = bench.run(verb(store))
    assert line.done == 1
    assert not answer or (answer.state, answer.mine) == ("burnt", False)
    stands = bench.find_claim(KEY)
    assert stands is not None
    assert stands.state == "burnt"
    bench.run(store.close())
    node.run(node.store.close())


def test_who_signs_in_after_the_cut_off_stays_signed_in(bench: PostgreSQLBench, line: Severing) -> None:
    """A repeated cut-off would be a second one, and end what was opened after the first."""
    account = bench.sign_in("1001").account.id
    store, node = through(line, bench), bench.another_node()
    later = a_session()
    line.cut("back", between=lambda: node.sign_in("1001", later))
    bench.run(store.revoke_account_sessions(account))
    assert line.done == 1
    assert bench.is_live(later.id)
    bench.run(store.close())
    node.run(node.store.close())


def test_another_call_of_the_same_owner_is_another_call(bench: PostgreSQLBench, line: Severing) -> None:
    """The one second exchange was granted to the other call: this one's repeat must not take it for its own."""
    bench.claim(KEY)
    store, node = through(line, bench), bench.another_node()
    granted: list[bool] = []
    line.cut("there", between=lambda: granted.append(node.record_second_exchange(KEY)))
    assert bench.run(store.record_second_exchange(Lease(KEY, "owner"))) is False
    assert granted == [True]
    bench.run(store.close())
    node.run(node.store.close())


def test_what_was_linked_again_meanwhile_stays_linked(bench: PostgreSQLBench, line: Severing) -> None:
    """A repeated unlink would be a second one."""
    row = bench.sign_in("1001")
    bench.link(row, "2")
    store, node = through(line, bench), bench.another_node()
    line.cut("back", between=partial(node.link, row, "2"))
    account = bench.run(store.unlink(row.account.id, "twitter", "2", row.id))
    assert line.done == 1
    assert account == bench.read_account(row.account.id)
    assert [one.subject for one in account.identities] == ["1001", "2"]
    bench.run(store.close())
    node.run(node.store.close())


def test_what_was_unlinked_meanwhile_stays_unlinked(bench: PostgreSQLBench, line: Severing) -> None:
    """And so would a repeated link."""
    row = bench.sign_in("1001")
    bench.claim(KEY)
    store, node = through(line, bench), bench.another_node()
    line.cut("back", between=partial(node.unlink, row, "2"))
    linked = bench.run(store.complete(Lease(KEY, "owner"), attaching(row, "2")))
    assert line.done == 1
    assert linked is not None
    assert [one.subject for one in linked.account.identities] == ["1001"]
    assert bench.count("identities") == 1
    bench.run(store.close())
    node.run(node.store.close())


@pytest.mark.parametrize("way", ["there", "back"])
def test_who_links_it_meanwhile(bench: PostgreSQLBench, line: Severing, way: str) -> None:
    """The first commit gets it. The other gets an error, whether its connection was cut or not."""
    rows = [bench.sign_in(subject) for subject in ("1001", "1002")]
    bench.claim(KEY)
    store, node = through(line, bench), bench.another_node()
    told: list[object] = []

    def another_links() -> None:
        try:
            told.append(node.link(rows[1], "2"))
        except IdentityTaken as error:
            told.append(error.code)

    line.cut(way, between=another_links)
    linking = store.complete(Lease(KEY, "owner"), attaching(rows[0], "2"))
    if way == "back":
        assert bench.run(linking) is not None
        assert told == ["identity_taken"]
    else:
        with pytest.raises(IdentityTaken):
            bench.run(linking)
        assert told != ["identity_taken"]
    assert line.done == 1
    bench.run(store.close())
    node.run(node.store.close())
