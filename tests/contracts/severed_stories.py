"""Every verb that writes, and every way it can end, each on a bench that is laid for it: to be played with a line that
is cut."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from postgresql_bench import PostgreSQLBench
from store_contract.bench import DAY, a_profile

from valetkey.models import Profile
from valetkey.storage.base import CLAIM_SECONDS, LEASE_SECONDS, CrossSiteBinding, NewSession, SessionRow, Store

Verb = Callable[[Store], Coroutine[Any, Any, Any]]

KEY = "the-claim"
OPENER = CrossSiteBinding(login="the-login", challenge="the-challenge")
ADA = Profile(subject="1001", preferred_username="ada")


def session(id: str) -> NewSession:
    return NewSession(
        id=id, login=f"login-of-{id}", lifetime_seconds=90 * DAY, browser="Firefox on Linux", network="192.0.2.0/24"
    )


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


def claim_of_what_was_settled(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY, "dead")
    bench.settle(KEY, "dead")
    bench.advance(LEASE_SECONDS + 1)
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


def finish_that_renames(bench: PostgreSQLBench) -> Verb:
    bench.sign_in("1001", session("previous"))
    return finish(bench)


def settle(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    return lambda store: store.settle(KEY, "owner", "twitter", ADA)


def settle_that_renames(bench: PostgreSQLBench) -> Verb:
    bench.sign_in("1001", session("previous"))
    return settle(bench)


def settle_of_what_was_settled(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    bench.settle(KEY)
    return lambda store: store.settle(KEY, "owner", "twitter", ADA)


def settle_of_anothers(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY, "another")
    return lambda store: store.settle(KEY, "owner", "twitter", ADA)


def settle_of_a_disabled_account(bench: PostgreSQLBench) -> Verb:
    bench.disable_account(bench.sign_in("1001", session("previous")).account.id)
    return settle(bench)


def finish_settled(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    bench.settle(KEY)
    return lambda store: store.finish_settled(KEY, "owner", NEW)


def finish_settled_that_replaces(bench: PostgreSQLBench) -> Verb:
    previous = bench.sign_in("1001", session("previous"))
    finish_settled(bench)
    return lambda store: store.finish_settled(KEY, "owner", replace(NEW, replaces=previous.id))


def finish_settled_of_what_was_not(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    return lambda store: store.finish_settled(KEY, "owner", NEW)


def finish_settled_of_a_disabled_account(bench: PostgreSQLBench) -> Verb:
    account = bench.sign_in("1001", session("previous")).account.id
    verb = finish_settled(bench)
    bench.disable_account(account)
    return verb


def finish_settled_of_a_deleted_account(bench: PostgreSQLBench) -> Verb:
    account = bench.sign_in("1001", session("previous")).account.id
    verb = finish_settled(bench)
    bench.delete_account(account)
    return verb


def hand_off_settled(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY, opener=OPENER)
    bench.settle(KEY)
    return lambda store: store.hand_off_settled(KEY, "owner", "code")


def hand_off_settled_of_what_was_handed_off(bench: PostgreSQLBench) -> Verb:
    verb = hand_off_settled(bench)
    bench.hand_off_settled(KEY, "an earlier code")
    return verb


def linking(bench: PostgreSQLBench, subject: str, to: SessionRow | None = None) -> Verb:
    to = to or bench.sign_in("1001", session("previous"))
    bench.claim(KEY)
    return lambda store: store.link(KEY, "owner", "twitter", a_profile(subject), to.account.id, to.id)


def link(bench: PostgreSQLBench) -> Verb:
    return linking(bench, "2")


def link_of_ones_own(bench: PostgreSQLBench) -> Verb:
    return linking(bench, "1001")


def link_of_anothers(bench: PostgreSQLBench) -> Verb:
    bench.sign_in("2", session("another"))
    return linking(bench, "2")


def link_by_a_session_that_is_over(bench: PostgreSQLBench) -> Verb:
    verb = linking(bench, "2")
    bench.revoke_session("previous")
    return verb


def link_to_a_deleted_account(bench: PostgreSQLBench) -> Verb:
    row = bench.sign_in("1001", session("previous"))
    bench.delete_account(row.account.id)
    return linking(bench, "2", row)


def link_that_was_burnt(bench: PostgreSQLBench) -> Verb:
    verb = linking(bench, "2")
    bench.burn(KEY)
    return verb


def unlink(bench: PostgreSQLBench) -> Verb:
    row = bench.sign_in("1001", session("previous"))
    bench.link(row, "2")
    for id in ("opened by it", "opened by it, too"):
        bench.sign_in("2", session(id))
    return lambda store: store.unlink(row.account.id, "twitter", "2", row.id)


def unlink_of_what_opened_nothing(bench: PostgreSQLBench) -> Verb:
    row = bench.sign_in("1001", session("previous"))
    bench.link(row, "2")
    return lambda store: store.unlink(row.account.id, "twitter", "2", row.id)


def unlink_the_last(bench: PostgreSQLBench) -> Verb:
    row = bench.sign_in("1001", session("previous"))
    return lambda store: store.unlink(row.account.id, "twitter", None, row.id)


def unlink_what_was_never_linked(bench: PostgreSQLBench) -> Verb:
    row = bench.sign_in("1001", session("previous"))
    return lambda store: store.unlink(row.account.id, "other", None, row.id)


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


def redeem_that_replaces(bench: PostgreSQLBench) -> Verb:
    previous = bench.sign_in("2", session("previous"))
    redeem(bench)
    return lambda store: store.redeem(OPENER, "code", replace(NEW, replaces=previous.id))


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


def revoke_by_its_account(bench: PostgreSQLBench) -> Verb:
    account = bench.sign_in("1001", session("previous")).account.id
    return lambda store: store.revoke_session("previous", account)


def revoke_by_another_account(bench: PostgreSQLBench) -> Verb:
    bench.sign_in("1001", session("previous"))
    other = bench.sign_in("2", session("another")).account.id
    return lambda store: store.revoke_session("previous", other)


def revoke_all_but_one(bench: PostgreSQLBench) -> Verb:
    bench.sign_in("1001", session("previous"))
    account = bench.sign_in("1001", session("kept")).account.id
    return lambda store: store.revoke_account_sessions(account, "kept")


def disable(bench: PostgreSQLBench) -> Verb:
    account = bench.sign_in("1001", session("previous")).account.id
    return lambda store: store.disable_account(account)


def enable(bench: PostgreSQLBench) -> Verb:
    account = bench.sign_in("1001", session("previous")).account.id
    bench.disable_account(account)
    return lambda store: store.enable_account(account)


def delete(bench: PostgreSQLBench) -> Verb:
    account = bench.sign_in("1001", session("previous")).account.id
    return lambda store: store.delete_account(account)


STORIES = (
    claim, claim_that_is_held, claim_that_is_taken_over, claim_that_burns, claim_after_its_hour,
    claim_of_what_was_settled,
    second_exchange, second_exchange_that_was_spent,
    finish, finish_that_replaces, finish_that_renames, finish_that_was_done, finish_of_a_disabled_account,
    settle, settle_that_renames, settle_of_what_was_settled, settle_of_anothers, settle_of_a_disabled_account,
    finish_settled, finish_settled_that_replaces, finish_settled_of_what_was_not, finish_settled_of_a_disabled_account,
    finish_settled_of_a_deleted_account, hand_off_settled, hand_off_settled_of_what_was_handed_off,
    link, link_of_ones_own, link_of_anothers, link_by_a_session_that_is_over, link_to_a_deleted_account,
    link_that_was_burnt, unlink, unlink_of_what_opened_nothing,
    hand_off, hand_off_of_a_known_account, hand_off_of_a_disabled_account, redeem, redeem_by_another_code,
    redeem_that_replaces, fail, burn_by_its_owner, burn_by_anybody, burn_of_none, burn_of_what_was_handed_off,
    touch, revoke, revoke_what_is_idle, revoke_what_was_revoked, revoke_by_its_account, revoke_by_another_account,
    revoke_all_but_one, disable, enable, delete,
)  # fmt: skip
# Nothing is committed, so there is nothing to cut.
RAISED = (unlink_the_last, unlink_what_was_never_linked)
