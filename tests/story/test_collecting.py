"""Collecting: the outcome of a finished login, to the browser that began it and to no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from story.conftest import Story, holding
from story.test_finishing import database_of, lapse
from valetkey.login.attempt import (
    LinkToAccount,
    LinkToCollector,
    LoginAttempt,
    LoginFailure,
    PendingLink,
    claim_key,
)
from valetkey.login.results import Client
from valetkey.storage.base import Lease


def collect(story: Story, login_id: str | None, client: Client):  # type: ignore[no-untyped-def]
    return story.run(story.collector.collect(login_id, client))


def test_states_in_order(story: Story) -> None:
    started = story.begin()
    browser, login_id = holding(started), started.attempt.id
    assert collect(story, login_id, browser).status == "waiting"
    story.run(story.store.claim(Lease(claim_key("twitter", started.attempt.request_id), "somebody")))
    assert collect(story, login_id, browser).status == "finishing"
    lapse(story, claim_key("twitter", started.attempt.request_id))
    interrupted = collect(story, login_id, browser)
    assert interrupted.status == "interrupted"
    assert interrupted.clear == ()  # its callback may still come and take over
    story.finish(started)
    done = collect(story, login_id, browser)
    assert done.status == "done"
    assert done.signed_in.session_token


def test_only_that_browser(story: Story) -> None:
    started = story.begin()
    story.finish(started)
    nobody = collect(story, started.attempt.id, Client())
    assert (nobody.status, nobody.signed_in, nobody.session) == ("unknown", None, None)
    forged = collect(story, started.attempt.id, Client(logins={started.attempt.id: "AAAA"}))
    assert (forged.status, forged.signed_in) == ("unknown", None)
    assert collect(story, started.attempt.id, holding(started)).signed_in is not None


def test_without_an_id_the_newest_finished_one(story: Story) -> None:
    old, new, unfinished = story.begin("A" * 22), story.begin("B" * 22), story.begin("C" * 22)
    for number, started in enumerate((old, new, unfinished)):
        story.provider.people[started.attempt.request_id] = str(2001 + number)
        object.__setattr__(started.attempt, "began_at", started.attempt.began_at + number)
    story.finish(old)
    story.finish(new)
    browser = Client(logins={one.attempt.id: story.codec.seal(one.attempt) for one in (old, new, unfinished)})
    assert collect(story, None, browser).session.account.identities[0].subject == "2002"
    assert collect(story, None, Client()).status == "unknown"


def test_an_older_login_never_replaces_a_newer_session(story: Story) -> None:
    """It ends its own session instead, and the present one stays."""
    older, newer = story.begin("A" * 22), story.begin("B" * 22)
    uncollected = story.finish(older)
    present = story.finish(newer)
    collected = collect(story, older.attempt.id, holding(older, session=present.session))
    assert collected.session.id == present.session.id
    assert collected.signed_in.session_token is None
    assert story.recognise(uncollected.session_token) is None
    assert story.recognise(present.session_token) is not None


def test_a_collected_session_replaces_an_older_one(story: Story) -> None:
    before = story.finish(story.begin("A" * 22))
    started = story.begin("B" * 22)
    story.finish(started)
    collected = collect(story, started.attempt.id, holding(started, session=before.session))
    assert collected.signed_in.session_token
    assert story.recognise(before.session_token) is None


def test_the_grace_ends_a_minute_after_the_session_was_presented(story: Story) -> None:
    started = story.begin()
    signed_in = story.finish(started)
    assert story.recognise(signed_in.session_token)
    assert collect(story, started.attempt.id, holding(started)).signed_in.session_token == signed_in.session_token
    shift(story, "presented_at", 61)
    late = collect(story, started.attempt.id, holding(started))
    assert (late.status, late.signed_in) == ("expired", None)


def test_signing_out_ends_what_is_uncollected_and_voids_what_is_unfinished(story: Story) -> None:
    finished, unfinished = story.begin("A" * 22), story.begin("B" * 22)
    signed_in = story.finish(finished)
    browser = holding(finished, unfinished)
    story.run(story.login.sign_out(None, browser))
    assert collect(story, finished.attempt.id, browser).signed_in is None
    assert story.recognise(signed_in.session_token) is None
    failed = story.finish(unfinished)
    assert failed.error.code == "interrupted"
    assert collect(story, unfinished.attempt.id, browser).status == "interrupted"


def test_a_failure_is_reported_once_and_cleared(story: Story) -> None:
    started = story.begin()
    failed = story.run(story.login.finish("twitter", {"denied": started.attempt.request_id}, holding(started)))
    collected = collect(story, started.attempt.id, Client(logins={started.attempt.id: failed.sealed}))
    assert (collected.status, collected.error.code, collected.clear) == ("denied", "denied", (started.attempt.id,))


def test_looking_changes_nothing(story: Story) -> None:
    started = story.begin()
    signed_in = story.finish(started)
    for _ in range(2):
        assert story.run(story.collector.read_status(started.attempt.id, holding(started)))[0] == "done"
    assert story.run(story.collector.read_status(started.attempt.id, Client()))[0] == "unknown"
    assert story.run(story.collector.read_status(started.attempt.id, Client(session=signed_in.session)))[0] == "done"


def test_expired_differs_from_waiting(story: Story) -> None:
    started = story.begin()
    late = replace(started.attempt, began_at=started.attempt.began_at - 601)
    collected = collect(story, late.id, Client(logins={late.id: story.codec.seal(late)}))
    assert (collected.status, collected.clear) == ("expired", (late.id,))


def shift(story: Story, column: str, seconds: float) -> None:
    import sqlite3

    connection = sqlite3.connect(database_of(story))
    with connection:
        connection.execute(f"UPDATE sessions SET {column} = {column} - ?", (seconds,))
    connection.close()


@pytest.mark.parametrize("keep_old", [True, False])
def test_secrets_rotate(make_story, keep_old: bool) -> None:  # type: ignore[no-untyped-def]
    """A login and a session token of the old secret are valid while it is listed, and not afterwards."""
    from story.conftest import SECRETS
    from valetkey.crypto import Secret

    new = Secret("8sxBSmZ7E1Ruorw06UBJKDBCtREYfDrjF8VYH8vpMHqGG01q")
    before = make_story()
    signed_in, started = before.finish(before.begin("A" * 22)), before.begin("B" * 22)
    after = make_story(provider=before.provider, secrets=(new, *SECRETS) if keep_old else (new,))
    assert (after.recognise(signed_in.session_token) is not None) == keep_old
    assert (after.run(after.collector.read_status(started.attempt.id, holding(started)))[0] == "waiting") == keep_old


@pytest.mark.parametrize(
    ("stored", "opened"),
    [
        ({}, None),
        ({"link_to": "account", "link_by": "session"}, LinkToAccount(account_id="account", session_id="session")),
        ({"link_to": "*", "link_by": "session"}, LinkToCollector(session_id="session")),
        ({"link_to": "*", "link_by": ""}, LinkToCollector()),
    ],
)
def test_what_the_version_before_sealed_opens(story: Story, stored: dict[str, str], opened: object) -> None:
    """And it opens ours: the names of the stored fields are the same."""
    attempt = replace(story.begin().attempt, link=opened, sealed_under=None)
    before = {
        "kind": "pending", "id": attempt.id, "provider": "twitter", "callback_url": attempt.callback_url,
        "token": attempt.request_id, "token_secret": attempt.memo["token_secret"].reveal(),
        "began_at": attempt.began_at, **stored,
    }  # fmt: skip
    sealer = story.codec._sealer
    found = story.codec.open(attempt.id, sealer.seal(before, attempt.id))
    assert isinstance(found, LoginAttempt)
    assert found.memo["token_secret"].reveal() == attempt.memo["token_secret"].reveal()
    assert replace(found, memo=attempt.memo, sealed_under=None) == attempt
    assert sealer.open(story.codec.seal(attempt), attempt.id) == before


def test_a_failure_and_a_pending_link_of_the_version_before_open(story: Story) -> None:
    sealer = story.codec._sealer
    failure = {"kind": "outcome", "id": "i", "provider": "twitter", "token": "t", "code": "denied", "began_at": 1.5}
    opened = story.codec.open("i", sealer.seal(failure, "i"))
    assert opened == LoginFailure(id="i", provider="twitter", request_id="t", error_code="denied", began_at=1.5)
    assert sealer.open(story.codec.seal(opened), "i") == failure
    link = {
        "kind": "verified", "id": "i", "provider": "twitter", "token": "t", "owner": "o", "challenge": "c",
        "subject": "1", "handle": None, "name": None, "picture": None, "began_at": 1.5, "link_by": "session",
    }  # fmt: skip
    pending = story.codec.open("i", sealer.seal(link, "i"))
    assert isinstance(pending, PendingLink)
    assert pending.session_id == "session"
    assert sealer.open(story.codec.seal(pending), "i") == link
