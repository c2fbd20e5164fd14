"""Every verb that writes, and every way it can end, each on a bench that is laid for it: to be played with a line that
is cut."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from postgresql_bench import PostgreSQLBench
from store_contract.bench import DAY, attaching, signing_in

from valetkey.models import Profile
from valetkey.storage.base import (
    CLAIM_SECONDS,
    LEASE_SECONDS,
    Authentication,
    CrossSiteBinding,
    IssueOneTimeCode,
    Lease,
    NewSession,
    OpenSession,
    SessionRow,
    Store,
)

Verb = Callable[[Store], Coroutine[Any, Any, Any]]

KEY = "the-claim"
BINDING = CrossSiteBinding(login_id="the-login", challenge="the-challenge")
ADA = Profile(subject="1001", preferred_username="ada")


def session(id: str) -> NewSession:
    return NewSession(
        id=id,
        login_id=f"login-of-{id}",
        lifetime_seconds=90 * DAY,
        device_name="Firefox on Linux",
        network="192.0.2.0/24",
    )


NEW = session("the-session")


def claim(bench: PostgreSQLBench) -> Verb:
    return lambda store: store.claim(Lease(KEY, "owner"), BINDING)


def claim_that_is_held(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY, "another")
    return lambda store: store.claim(Lease(KEY, "owner"))


def claim_that_is_taken_over(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY, "dead")
    bench.advance(LEASE_SECONDS + 1)
    return lambda store: store.claim(Lease(KEY, "owner"))


def claim_that_voids(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY, "dead")
    bench.record_second_exchange(KEY, "dead")
    bench.advance(LEASE_SECONDS + 1)
    return lambda store: store.claim(Lease(KEY, "owner"))


def claim_after_its_hour(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY, "dead")
    bench.advance(CLAIM_SECONDS + 1)
    return lambda store: store.claim(Lease(KEY, "owner"))


def claim_of_what_was_resolved(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY, "dead")
    bench.resolve(KEY, "dead")
    bench.advance(LEASE_SECONDS + 1)
    return lambda store: store.claim(Lease(KEY, "owner"))


def second_exchange(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    return lambda store: store.record_second_exchange(Lease(KEY, "owner"))


def second_exchange_that_was_spent(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    bench.record_second_exchange(KEY)
    return lambda store: store.record_second_exchange(Lease(KEY, "owner"))


def finish(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    return lambda store: store.complete(Lease(KEY, "owner"), signing_in(ADA, NEW))


def finish_that_replaces(bench: PostgreSQLBench) -> Verb:
    previous = bench.sign_in("1001", session("previous"))
    bench.claim(KEY)
    return lambda store: store.complete(Lease(KEY, "owner"), signing_in(ADA, replace(NEW, replaces=previous.id)))


def finish_that_was_done(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    bench.finish(KEY, session=session("an-earlier-session"))
    return lambda store: store.complete(Lease(KEY, "owner"), signing_in(ADA, NEW))


def finish_of_a_disabled_account(bench: PostgreSQLBench) -> Verb:
    bench.disable_account(bench.sign_in("1001", session("previous")).account.id)
    bench.claim(KEY)
    return lambda store: store.complete(Lease(KEY, "owner"), signing_in(ADA, NEW))


def finish_that_renames(bench: PostgreSQLBench) -> Verb:
    bench.sign_in("1001", session("previous"))
    return finish(bench)


def resolve(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    return lambda store: store.resolve(Lease(KEY, "owner"), Authentication("twitter", ADA))


def resolve_that_renames(bench: PostgreSQLBench) -> Verb:
    bench.sign_in("1001", session("previous"))
    return resolve(bench)


def resolve_of_what_was_resolved(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    bench.resolve(KEY)
    return lambda store: store.resolve(Lease(KEY, "owner"), Authentication("twitter", ADA))


def resolve_of_anothers(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY, "another")
    return lambda store: store.resolve(Lease(KEY, "owner"), Authentication("twitter", ADA))


def resolve_of_a_disabled_account(bench: PostgreSQLBench) -> Verb:
    bench.disable_account(bench.sign_in("1001", session("previous")).account.id)
    return resolve(bench)


def finish_resolved(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    bench.resolve(KEY)
    resolved = bench.resolved(KEY)
    return lambda store: store.complete(Lease(KEY, "owner"), OpenSession(resolved, NEW))


def finish_resolved_that_replaces(bench: PostgreSQLBench) -> Verb:
    previous = bench.sign_in("1001", session("previous"))
    finish_resolved(bench)
    resolved = bench.resolved(KEY)
    return lambda store: store.complete(Lease(KEY, "owner"), OpenSession(resolved, replace(NEW, replaces=previous.id)))


def finish_resolved_of_what_was_not(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    resolved = bench.resolved(KEY)
    return lambda store: store.complete(Lease(KEY, "owner"), OpenSession(resolved, NEW))


def finish_resolved_of_a_disabled_account(bench: PostgreSQLBench) -> Verb:
    account = bench.sign_in("1001", session("previous")).account.id
    verb = finish_resolved(bench)
    bench.disable_account(account)
    return verb


def finish_resolved_of_a_deleted_account(bench: PostgreSQLBench) -> Verb:
    account = bench.sign_in("1001", session("previous")).account.id
    verb = finish_resolved(bench)
    bench.delete_account(account)
    return verb


def issue_code_resolved(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY, binding=BINDING)
    bench.resolve(KEY)
    resolved = bench.resolved(KEY)
    return lambda store: store.complete(Lease(KEY, "owner"), IssueOneTimeCode(resolved, "code"))


def issue_code_resolved_of_what_was_handed_off(bench: PostgreSQLBench) -> Verb:
    verb = issue_code_resolved(bench)
    bench.issue_code_resolved(KEY, "an earlier code")
    return verb


def linking(bench: PostgreSQLBench, subject: str, to: SessionRow | None = None) -> Verb:
    to = to or bench.sign_in("1001", session("previous"))
    bench.claim(KEY)
    return lambda store: store.complete(Lease(KEY, "owner"), attaching(to, subject))


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
    bench.void(KEY)
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


def issue_code(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY, binding=BINDING)
    return lambda store: store.complete(Lease(KEY, "owner"), IssueOneTimeCode(Authentication("twitter", ADA), "code"))


def issue_code_of_a_known_account(bench: PostgreSQLBench) -> Verb:
    bench.sign_in("1001", session("previous"))
    return issue_code(bench)


def issue_code_of_a_disabled_account(bench: PostgreSQLBench) -> Verb:
    bench.disable_account(bench.sign_in("1001", session("previous")).account.id)
    return issue_code(bench)


def redeem(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY, binding=BINDING)
    bench.issue_code(KEY, "code", profile=ADA)
    return lambda store: store.redeem_one_time_code(BINDING, "code", NEW)


def redeem_that_replaces(bench: PostgreSQLBench) -> Verb:
    previous = bench.sign_in("2", session("previous"))
    redeem(bench)
    return lambda store: store.redeem_one_time_code(BINDING, "code", replace(NEW, replaces=previous.id))


def redeem_by_another_code(bench: PostgreSQLBench) -> Verb:
    redeem(bench)
    return lambda store: store.redeem_one_time_code(BINDING, "another", NEW)


def fail(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    return lambda store: store.fail_claim(Lease(KEY, "owner"), "denied")


def void_by_its_owner(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    return lambda store: store.void(Lease(KEY, "owner"))


def void_by_anybody(bench: PostgreSQLBench) -> Verb:
    bench.claim(KEY)
    return lambda store: store.void(KEY)


def void_of_none(bench: PostgreSQLBench) -> Verb:
    return lambda store: store.void(KEY)


def void_of_what_was_handed_off(bench: PostgreSQLBench) -> Verb:
    redeem(bench)
    return lambda store: store.void(KEY)


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
    claim, claim_that_is_held, claim_that_is_taken_over, claim_that_voids, claim_after_its_hour,
    claim_of_what_was_resolved,
    second_exchange, second_exchange_that_was_spent,
    finish, finish_that_replaces, finish_that_renames, finish_that_was_done, finish_of_a_disabled_account,
    resolve, resolve_that_renames, resolve_of_what_was_resolved, resolve_of_anothers, resolve_of_a_disabled_account,
    finish_resolved, finish_resolved_that_replaces, finish_resolved_of_what_was_not,
    finish_resolved_of_a_disabled_account, finish_resolved_of_a_deleted_account,
    issue_code_resolved, issue_code_resolved_of_what_was_handed_off,
    link, link_of_ones_own, link_of_anothers, link_by_a_session_that_is_over, link_to_a_deleted_account,
    link_that_was_burnt, unlink, unlink_of_what_opened_nothing,
    issue_code, issue_code_of_a_known_account, issue_code_of_a_disabled_account, redeem, redeem_by_another_code,
    redeem_that_replaces, fail, void_by_its_owner, void_by_anybody, void_of_none, void_of_what_was_handed_off,
    touch, revoke, revoke_what_is_idle, revoke_what_was_revoked, revoke_by_its_account, revoke_by_another_account,
    revoke_all_but_one, disable, enable, delete,
)  # fmt: skip
# Nothing is committed, so there is nothing to cut.
RAISED = (unlink_the_last, unlink_what_was_never_linked)
