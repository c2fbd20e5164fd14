"""Collecting: the outcome of a finished login, to the browser that began it and to no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from story.conftest import Story, holding
from story.test_finishing import database_of, lapse
from valetkey.login.results import Client, claim_key
from valetkey.storage.base import Lease


def collect(story: Story, login_id: str | None, browser: Client):  # type: ignore[no-untyped-def]
    return story.run(story.outcomes.collect(login_id, browser))


def test_states_in_order(story: Story) -> None:
    started = story.begin()
    browser, login_id = holding(started), started.pending.id
    assert collect(story, login_id, browser).state == "waiting"
    story.run(story.store.claim(Lease(claim_key("twitter", started.pending.token), "somebody")))
    assert collect(story, login_id, browser).state == "finishing"
    lapse(story, claim_key("twitter", started.pending.token))
    interrupted = collect(story, login_id, browser)
    assert interrupted.state == "interrupted"
    assert interrupted.clear == ()  # its callback may still come and take over
    story.finish(started)
    done = collect(story, login_id, browser)
    assert done.state == "done"
    assert done.signed_in.session_token


def test_only_that_browser(story: Story) -> None:
    started = story.begin()
    story.finish(started)
    nobody = collect(story, started.pending.id, Client())
    assert (nobody.state, nobody.signed_in, nobody.session) == ("unknown", None, None)
    forged = collect(story, started.pending.id, Client(logins={started.pending.id: "AAAA"}))
    assert (forged.state, forged.signed_in) == ("unknown", None)
    assert collect(story, started.pending.id, holding(started)).signed_in is not None


def test_without_an_id_the_newest_finished_one(story: Story) -> None:
    old, new, unfinished = story.begin("A" * 22), story.begin("B" * 22), story.begin("C" * 22)
    for number, started in enumerate((old, new, unfinished)):
        story.provider.people[started.pending.token] = str(2001 + number)
        object.__setattr__(started.pending, "began_at", started.pending.began_at + number)
    story.finish(old)
    story.finish(new)
    browser = Client(logins={one.pending.id: story.jar.seal(one.pending) for one in (old, new, unfinished)})
    assert collect(story, None, browser).session.account.identities[0].subject == "2002"
    assert collect(story, None, Client()).state == "unknown"


def test_an_older_login_never_replaces_a_newer_session(story: Story) -> None:
    """It ends its own session instead, and the present one stays."""
    older, newer = story.begin("A" * 22), story.begin("B" * 22)
    uncollected = story.finish(older)
    present = story.finish(newer)
    collected = collect(story, older.pending.id, holding(older, session=present.session))
    assert collected.session.id == present.session.id
    assert collected.signed_in.session_token is None
    assert story.recognise(uncollected.session_token) is None
    assert story.recognise(present.session_token) is not None


def test_a_collected_session_replaces_an_older_one(story: Story) -> None:
    before = story.finish(story.begin("A" * 22))
    started = story.begin("B" * 22)
    story.finish(started)
    collected = collect(story, started.pending.id, holding(started, session=before.session))
    assert collected.signed_in.session_token
    assert story.recognise(before.session_token) is None


def test_the_grace_ends_a_minute_after_the_session_was_presented(story: Story) -> None:
    started = story.begin()
    landed = story.finish(started)
    assert story.recognise(landed.session_token)
    assert collect(story, started.pending.id, holding(started)).signed_in.session_token == landed.session_token
    shift(story, "presented_at", 61)
    late = collect(story, started.pending.id, holding(started))
    assert (late.state, late.signed_in) == ("expired", None)


def test_signing_out_ends_what_is_uncollected_and_burns_what_is_unfinished(story: Story) -> None:
    finished, unfinished = story.begin("A" * 22), story.begin("B" * 22)
    landed = story.finish(finished)
    browser = holding(finished, unfinished)
    story.run(story.login.sign_out(None, browser))
    assert collect(story, finished.pending.id, browser).signed_in is None
    assert story.recognise(landed.session_token) is None
    ended = story.finish(unfinished)
    assert ended.error.code == "interrupted"
    assert collect(story, unfinished.pending.id, browser).state == "interrupted"


def test_a_failure_is_told_once_and_cleared(story: Story) -> None:
    started = story.begin()
    ended = story.run(story.login.finish("twitter", {"denied": started.pending.token}, holding(started)))
    told = collect(story, started.pending.id, Client(logins={started.pending.id: ended.sealed}))
    assert (told.state, told.error.code, told.clear) == ("denied", "denied", (started.pending.id,))


def test_looking_changes_nothing(story: Story) -> None:
    started = story.begin()
    landed = story.finish(started)
    for _ in range(2):
        assert story.run(story.outcomes.look(started.pending.id, holding(started)))[0] == "done"
    assert story.run(story.outcomes.look(started.pending.id, Client()))[0] == "unknown"
    assert story.run(story.outcomes.look(started.pending.id, Client(session=landed.session)))[0] == "done"


def test_expired_is_told_from_waiting(story: Story) -> None:
    started = story.begin()
    late = replace(started.pending, began_at=started.pending.began_at - 601)
    told = collect(story, late.id, Client(logins={late.id: story.jar.seal(late)}))
    assert (told.state, told.clear) == ("expired", (late.id,))


def shift(story: Story, column: str, seconds: float) -> None:
    import sqlite3

    connection = sqlite3.connect(database_of(story))
    with connection:
        connection.execute(f"UPDATE sessions SET {column} = {column} - ?", (seconds,))
    connection.close()


@pytest.mark.parametrize("keep_old", [True, False])
def test_secrets_rotate(make_story, keep_old: bool) -> None:  # type: ignore[no-untyped-def]
    """A login begun and a pass minted under the old secret: good while it is listed, nothing once it is gone."""
    from story.conftest import SECRETS
    from valetkey.crypto import Secret

    new = Secret("8sxBSmZ7E1Ruorw06UBJKDBCtREYfDrjF8VYH8vpMHqGG01q")
    before = make_story()
    landed, started = before.finish(before.begin("A" * 22)), before.begin("B" * 22)
    after = make_story(provider=before.provider, secrets=(new, *SECRETS) if keep_old else (new,))
    assert (after.recognise(landed.session_token) is not None) == keep_old
    assert (after.run(after.outcomes.look(started.pending.id, holding(started)))[0] == "waiting") == keep_old
