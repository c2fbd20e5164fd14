"""Linking: to the account of the very session that asked, at its beginning and at its end, while it is fresh."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from story.conftest import CALLBACK, Story, holding
from story.test_finishing import database_of
from valetkey.errors import Interrupted, LastIdentity, ReauthRequired, SessionChanged
from valetkey.login.attempt import Intent, LinkToAccount, LinkToCollector
from valetkey.login.one_time_codes import challenge_of
from valetkey.login.results import Client, Failed, SignedIn, Started


def sign_in(story: Story, login_id: str, user: str) -> Any:
    started = story.begin(login_id)
    story.provider.people[started.attempt.request_id] = user
    signed_in = story.finish(started)
    assert isinstance(signed_in, SignedIn)
    return signed_in


def begin_link(story: Story, session: Any, user: str, login_id: str = "L" * 22) -> Started:
    intent = Intent(id=login_id, provider="twitter", callback_url=CALLBACK)
    story.run(story.linking.require_recent(session))
    started: Started = story.run(
        story.login.begin(intent.linking(LinkToAccount(account_id=session.account.id, session_id=session.id)))
    )
    story.provider.people[started.attempt.request_id] = user
    return started


def subjects(session: Any) -> list[str]:
    return [one.subject for one in session.account.identities]


def test_a_second_identity(story: Story) -> None:
    """No new session, no other account; every process that remembered the account reads it again."""
    signed_in = sign_in(story, "A" * 22, "1")
    assert subjects(story.recognise(signed_in.session_token)) == ["1"]
    started = begin_link(story, signed_in.session, "2")
    linked = story.finish(started, holding(started, session=signed_in.session))
    assert isinstance(linked, SignedIn)
    assert (linked.session.id, linked.session_token) == (signed_in.session.id, None)
    assert subjects(linked.session) == ["1", "2"]
    assert subjects(story.recognise(signed_in.session_token)) == ["1", "2"]
    again = sign_in(story, "B" * 22, "2")
    assert again.session.account.id == signed_in.session.account.id


@pytest.mark.parametrize("who", ["nobody", "somebody else", "the same in another session"])
def test_it_comes_back_to_the_session_that_asked(story: Story, who: str) -> None:
    """C2: otherwise an identity would be linked to another user's account. No exchange is made."""
    signed_in = sign_in(story, "A" * 22, "1")
    session = {
        "nobody": None,
        "somebody else": sign_in(story, "B" * 22, "7").session,
        "the same in another session": sign_in(story, "C" * 22, "1").session,
    }[who]
    started = begin_link(story, signed_in.session, "2")
    before = len(story.provider.calls("access_token"))
    failed = story.finish(started, holding(started, session=session))
    assert isinstance(failed, Failed)
    assert failed.error.code == "session_changed"
    assert len(story.provider.calls("access_token")) == before
    # The control: with the session that asked it is linked.
    again = begin_link(story, signed_in.session, "2", "M" * 22)
    assert isinstance(story.finish(again, holding(again, session=signed_in.session)), SignedIn)


def test_a_session_that_ended_meanwhile(story: Story) -> None:
    signed_in = sign_in(story, "A" * 22, "1")
    started = begin_link(story, signed_in.session, "2")
    story.run(story.sessions.revoke(signed_in.session.id))
    failed = story.finish(started, holding(started, session=signed_in.session))
    assert isinstance(failed, Failed)
    assert failed.error.code == "session_changed"


def test_only_while_it_is_fresh(story: Story) -> None:
    signed_in = sign_in(story, "A" * 22, "1")
    started = begin_link(story, signed_in.session, "2")
    age(story, 601)
    with pytest.raises(ReauthRequired):
        begin_link(story, signed_in.session, "3", "M" * 22)
    failed = story.finish(started, holding(started, session=signed_in.session))
    assert isinstance(failed, Failed)
    assert failed.error.code == "reauth_required"
    story.run(story.sessions.revoke(signed_in.session.id))
    with pytest.raises(SessionChanged):
        begin_link(story, signed_in.session, "3", "N" * 22)


def test_anothers_identity_is_refused_with_a_reason(story: Story) -> None:
    signed_in = sign_in(story, "A" * 22, "1")
    sign_in(story, "B" * 22, "2")
    started = begin_link(story, signed_in.session, "2")
    failed = story.finish(started, holding(started, session=signed_in.session))
    assert isinstance(failed, Failed)
    assert failed.error.code == "identity_taken"
    collected = story.run(
        story.collector.collect("L" * 22, Client(logins={"L" * 22: failed.sealed}, session=signed_in.session))
    )
    assert (collected.status, collected.error.code) == ("failed", "identity_taken")


def test_a_link_delivered_twice_and_collected_hands_no_session_over(story: Story) -> None:
    """Not to the browser that began it, once that is signed out: a link opens no session."""
    signed_in = sign_in(story, "A" * 22, "1")
    started = begin_link(story, signed_in.session, "2")
    story.finish(started, holding(started, session=signed_in.session))
    again = story.finish(started, holding(started, session=signed_in.session))
    assert isinstance(again, SignedIn)
    assert again.session_token is None
    collected = story.run(story.collector.collect("L" * 22, holding(started, session=signed_in.session)))
    assert collected.status == "done"
    assert subjects(collected.session) == ["1", "2"]
    without = story.run(story.collector.collect("L" * 22, holding(started)))
    assert (without.signed_in, without.session) == (None, None)
    gone = story.finish(started, holding(started))
    assert isinstance(gone, Failed)
    assert len(story.provider.calls("access_token")) == 2


def test_unlinked(story: Story) -> None:
    signed_in = sign_in(story, "A" * 22, "1")
    started = begin_link(story, signed_in.session, "2")
    story.finish(started, holding(started, session=signed_in.session))
    by_second = sign_in(story, "B" * 22, "2")
    assert story.recognise(by_second.session_token)
    account = story.run(story.linking.unlink(signed_in.session, "twitter", "2"))
    assert [one.subject for one in account.identities] == ["1"]
    assert subjects(story.recognise(signed_in.session_token)) == ["1"]
    story.sessions.cache._known = None  # the list is read again, as it is within a second
    assert story.recognise(by_second.session_token) is None
    with pytest.raises(LastIdentity):
        story.run(story.linking.unlink(signed_in.session, "twitter", None))


def age(story: Story, seconds: float) -> None:
    connection = sqlite3.connect(database_of(story))
    with connection:
        connection.execute("UPDATE sessions SET opened_at = opened_at - ?", (seconds,))
    connection.close()


def test_what_one_page_has_linked_is_no_other_pages(story: Story) -> None:
    """An identity that waits for a page's token: its page may repeat the request, another account gains nothing."""
    ada, bob = sign_in(story, "A" * 22, "1").session, sign_in(story, "B" * 22, "2").session
    started = story.begin("L" * 22, link=LinkToCollector(), challenge=challenge_of("verifier"))
    story.provider.people[started.attempt.request_id] = "3"
    waiting = story.finish(started)
    for _ in range(2):
        linked = story.run(story.linking.attach("L" * 22, waiting.sealed, challenge_of("verifier"), ada))
        assert subjects(linked) == ["1", "3"]
    with pytest.raises(Interrupted):
        story.run(story.linking.attach("L" * 22, waiting.sealed, challenge_of("verifier"), bob))
