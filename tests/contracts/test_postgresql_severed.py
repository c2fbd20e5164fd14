"""A line that is cut at COMMIT: each verb answers, and leaves behind, exactly what it would have otherwise."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from postgresql_bench import PostgreSQLBench
from store_contract.bench import DAY, a_session
from support.postgresql import Server
from support.severing import Severing

from valetkey.errors import AccountDisabled, StoreError
from valetkey.model import Profile
from valetkey.store import CLAIM_SECONDS, LEASE_SECONDS, NewSession, Opener, SessionRow, Store

Verb = Callable[[Store], Coroutine[Any, Any, Any]]

KEY = "the-claim"
OPENER = Opener(login="the-login", challenge="the-challenge")
ADA = Profile(subject="1001", preferred_username="ada")


def session(id: str) -> NewSession:
    return NewSession(id=id, login=f"login-of-{id}", lifetime_seconds=90 * DAY)


NEW = session("the-session")


def claim(bench: PostgreSQLBench) -> Verb:
    return lambda store: store.claim(KEY, "owner", OPENER)


def claim_that_is_held(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY, "another")
    return lambda store: store.claim(KEY, "owner")


def claim_that_is_taken_over(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY, "dead")
    bench.advance(LEASE_SECONDS + 1)
    return lambda store: store.claim(KEY, "owner")


def claim_that_burns(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY, "dead")
    bench.record_second_exchange(KEY, "dead")
    bench.advance(LEASE_SECONDS + 1)
    return lambda store: store.claim(KEY, "owner")


def claim_after_its_hour(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY, "dead")
    bench.advance(CLAIM_SECONDS + 1)
    return lambda store: store.claim(KEY, "owner")


def second_exchange(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    return lambda store: store.record_second_exchange(KEY, "owner")


def second_exchange_that_was_spent(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    bench.record_second_exchange(KEY)
    return lambda store: store.record_second_exchange(KEY, "owner")


def finish(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    return lambda store: store.finish(KEY, "owner", "twitter", ADA, NEW)


def finish_that_replaces(bench: PostgreSQLBench) -> Verb:
    previous = bench.sign_in("1001", session("previous"))
    bench.claim(KEY)
    return lambda store: store.finish(KEY, "owner", "twitter", ADA, replace(NEW, replaces=previous.id))


def finish_that_was_done(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    bench.finish(KEY, session=session("an-earlier-session"))
    return lambda store: store.finish(KEY, "owner", "twitter", ADA, NEW)


def finish_of_a_disabled_account(bench: PostgreSQLBench) -> Verb:
    bench.disable_account(bench.sign_in("1001", session("previous")).account.id)
    bench.claim(KEY)
    return lambda store: store.finish(KEY, "owner", "twitter", ADA, NEW)


def hand_off(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY, opener=OPENER)
    return lambda store: store.hand_off(KEY, "owner", "twitter", ADA, "code")


def hand_off_of_a_known_account(bench: PostgreSQLBench) -> Verb:
    bench.sign_in("1001", session("previous"))
    return hand_off(bench)


def hand_off_of_a_disabled_account(bench: PostgreSQLBench) -> Verb:
    bench.disable_account(bench.sign_in("1001", session("previous")).account.id)
    return hand_off(bench)


def redeem(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY, opener=OPENER)
    bench.hand_off(KEY, "code", profile=ADA)
    return lambda store: store.redeem(OPENER, "code", NEW)


def redeem_by_another_code(bench: PostgreSQLBench) -> Verb:
    redeem(bench)
    return lambda store: store.redeem(OPENER, "another", NEW)


def fail(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    return lambda store: store.fail_claim(KEY, "owner", "denied")


def burn_by_its_owner(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    return lambda store: store.burn(KEY, "owner")


def burn_by_anybody(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    return lambda store: store.burn(KEY)


def burn_of_none(bench: PostgreSQLBench) -> Verb:
    return lambda store: store.burn(KEY)


def burn_of_what_was_handed_off(bench: PostgreSQLBench) -> Verb:
    redeem(bench)
    return lambda store: store.burn(KEY)


def touch(bench: PostgreSQLBench) -> Verb:
    bench.sign_in("1001", session("previous"))
    bench.advance(5)
    return lambda store: store.touch_session("previous")


def revoke(bench: PostgreSQLBench) -> Verb:
    bench.sign_in("1001", session("previous"))
    return lambda store: store.revoke_session("previous")


def revoke_what_is_idle(bench: PostgreSQLBench) -> Verb:
    bench.sign_in("1001", session("previous"))
    bench.advance(15 * DAY)
    return lambda store: store.revoke_session("previous")


def revoke_what_was_revoked(bench: PostgreSQLBench) -> Verb:
    bench.sign_in("1001", session("previous"))
    bench.revoke_session("previous")
    return lambda store: store.revoke_session("previous")


def revoke_all_but_one(bench: PostgreSQLBench) -> Verb:
    bench.sign_in("1001", session("previous"))
    account = bench.sign_in("1001", session("kept")).account.id
    return lambda store: store.revoke_account_sessions(account, "kept")


def disable(bench: PostgreSQLBench) -> Verb:
    account = bench.sign_in("1001", session("previous")).account.id
    return lambda store: store.disable_account(account)


def delete(bench: PostgreSQLBench) -> Verb:
    account = bench.sign_in("1001", session("previous")).account.id
    return lambda store: store.delete_account(account)


STORIES = (
    claim, claim_that_is_held, claim_that_is_taken_over, claim_that_burns, claim_after_its_hour,
    second_exchange, second_exchange_that_was_spent,
    finish, finish_that_replaces, finish_that_was_done, finish_of_a_disabled_account,
    hand_off, hand_off_of_a_known_account, hand_off_of_a_disabled_account, redeem, redeem_by_another_code,
    fail, burn_by_its_owner, burn_by_anybody, burn_of_none, burn_of_what_was_handed_off,
    touch, revoke, revoke_what_is_idle, revoke_what_was_revoked, revoke_all_but_one, disable, delete,
)  # fmt: skip

# All that a verb can leave behind, but for what is drawn by lot: account ids, event ids, calls.
LEFT = (
    "SELECT name, disabled_at FROM accounts",
    "SELECT provider, subject, handle, name FROM identities",
    "SELECT id, login, opened_at, expires_at, seen_at, presented_at, revoked_at, kept_until FROM sessions",
    "SELECT owner, state, exchanges, began_at, leased_until, session_id, code, finished_at, login, challenge,"
    f" code_hash, account_id IS NULL FROM login_claims WHERE key = '{KEY}'",
    "SELECT * FROM revoked_sessions",
    "SELECT at, except_session FROM account_cutoffs",
    "SELECT at, event, provider, session_id FROM audit_events",
)


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


def through(line: Severing, bench: PostgreSQLBench) -> Store:
    return bench.open(bench.server.in_schema(bench.schema, bench.server.through(line.port)))


def outcome(bench: PostgreSQLBench, store: Store, verb: Verb) -> tuple[object, list[object]]:
    """What it answered, and what it left."""
    try:
        answer = bench.run(verb(store))
    except AccountDisabled as error:
        answer = error.code
    if isinstance(answer, SessionRow):
        assert answer == bench.read_session(answer.id)
        answer = replace(answer, account=replace(answer.account, id="drawn"))
    bench.run(store.close())
    return answer, [sorted(bench.query(sql), key=repr) for sql in LEFT]


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


def test_again_and_again(bench: PostgreSQLBench, line: Severing) -> None:
    """Whichever of the attempts it was that was committed."""
    store = through(line, bench)
    for number, way in enumerate(("back", "there")):
        bench.claim(f"key-{number}")
        line.cut(way, times=3)
        new = a_session()
        row = bench.run(store.finish(f"key-{number}", "owner", "twitter", ADA, new))
        assert row is not None
        assert row.id == new.id
        assert line.done == 3
    assert [bench.count(table) for table in ("accounts", "identities", "sessions", "audit_events")] == [1, 1, 2, 2]
    bench.run(store.close())


def test_a_line_that_is_never_whole_is_trouble(bench: PostgreSQLBench, line: Severing) -> None:
    """Said within the budget; and what the claim says afterwards is what happened."""
    store = through(line, bench)
    bench.claim(KEY)
    line.cut("there", times=1000)
    with pytest.raises(StoreError):
        bench.run(store.finish(KEY, "owner", "twitter", ADA, NEW))
    line.cuts = 0
    stands = bench.find_claim(KEY)
    assert stands is not None
    assert stands.state == "claimed"
    assert bench.count("accounts") == 0
    assert bench.run(store.finish(KEY, "owner", "twitter", ADA, NEW)) is not None
    bench.run(store.close())


# Somebody else, between the commit and the repeat.


@pytest.mark.parametrize("story", [claim, second_exchange, hand_off], ids=lambda story: story.__name__)
def test_what_was_burnt_meanwhile_stays_burnt(
    bench: PostgreSQLBench, line: Severing, story: Callable[[PostgreSQLBench], Verb]
) -> None:
    """Signed out while the answer was on its way: the repeat must not believe that it still holds anything."""
    verb, store, node = story(bench), through(line, bench), bench.another_node()
    line.cut("back", between=partial(node.burn, KEY))
    answer = bench.run(verb(store))
    assert line.done == 1
    assert answer is False or (answer.state, answer.mine) == ("burnt", False)
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
    assert bench.run(store.record_second_exchange(KEY, "owner")) is False
    assert granted == [True]
    bench.run(store.close())
    node.run(node.store.close())
