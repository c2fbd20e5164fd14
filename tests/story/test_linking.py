"""Linking: to the account of the very session that asked, at its beginning and at its end, while it is fresh."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from story.conftest import CALLBACK, Story, holding
from story.test_finishing import database_of
from valetkey.errors import LastIdentity, ReauthRequired, SessionChanged
from valetkey.login.attempt import Intent
from valetkey.login.results import Client, Ended, SignedIn
from valetkey.login.service import Started


def signed_in(story: Story, login_id: str, user: str) -> Any:
    started = story.begin(login_id)
    story.provider.people[started.pending.token] = user
    landed = story.finish(started)
    assert isinstance(landed, SignedIn)
    return landed


def begin_link(story: Story, session: Any, user: str, login_id: str = "L" * 22) -> Started:
    intent = Intent(id=login_id, provider="twitter", callback_url=CALLBACK)
    story.run(story.linking.require_fresh(session))
    started: Started = story.run(
        story.login.begin(intent.linking(account_id=session.account.id, session_id=session.id))
    )
    story.provider.people[started.pending.token] = user
    return started


def subjects(session: Any) -> list[str]:
    return [one.subject for one in session.account.identities]


def test_a_second_identity(story: Story) -> None:
    """No new session, no other account; every process that remembered the account reads it again."""
    landed = signed_in(story, "A" * 22, "1")
    assert subjects(story.recognise(landed.session_token)) == ["1"]
    started = begin_link(story, landed.session, "2")
    linked = story.finish(started, holding(started, session=landed.session))
    assert isinstance(linked, SignedIn)
    assert (linked.session.id, linked.session_token) == (landed.session.id, None)
    assert subjects(linked.session) == ["1", "2"]
    assert subjects(story.recognise(landed.session_token)) == ["1", "2"]
    again = signed_in(story, "B" * 22, "2")
    assert again.session.account.id == landed.session.account.id


@pytest.mark.parametrize("who", ["nobody", "somebody else", "the same in another session"])
def test_it_comes_back_to_the_session_that_asked(story: Story, who: str) -> None:
    """C2: else one's identity is tied to a stranger's account, or a stranger's to one's own. No exchange is made."""
    landed = signed_in(story, "A" * 22, "1")
    session = {
        "nobody": None,
        "somebody else": signed_in(story, "B" * 22, "7").session,
        "the same in another session": signed_in(story, "C" * 22, "1").session,
    }[who]
    started = begin_link(story, landed.session, "2")
    before = len(story.provider.calls("access_token"))
    ended = story.finish(started, holding(started, session=session))
    assert isinstance(ended, Ended)
    assert ended.error.code == "session_changed"
    assert len(story.provider.calls("access_token")) == before
    # The control: with the session that asked it is linked.
    again = begin_link(story, landed.session, "2", "M" * 22)
    assert isinstance(story.finish(again, holding(again, session=landed.session)), SignedIn)


def test_a_session_that_ended_meanwhile(story: Story) -> None:
    landed = signed_in(story, "A" * 22, "1")
    started = begin_link(story, landed.session, "2")
    story.run(story.sessions.revoke(landed.session.id))
    ended = story.finish(started, holding(started, session=landed.session))
    assert isinstance(ended, Ended)
    assert ended.error.code == "session_changed"


def test_only_while_it_is_fresh(story: Story) -> None:
    landed = signed_in(story, "A" * 22, "1")
    started = begin_link(story, landed.session, "2")
    age(story, 601)
    with pytest.raises(ReauthRequired):
        begin_link(story, landed.session, "3", "M" * 22)
    ended = story.finish(started, holding(started, session=landed.session))
    assert isinstance(ended, Ended)
    assert ended.error.code == "reauth_required"
    story.run(story.sessions.revoke(landed.session.id))
    with pytest.raises(SessionChanged):
        begin_link(story, landed.session, "3", "N" * 22)


def test_anothers_identity_is_refused_and_said(story: Story) -> None:
    landed = signed_in(story, "A" * 22, "1")
    signed_in(story, "B" * 22, "2")
    started = begin_link(story, landed.session, "2")
    ended = story.finish(started, holding(started, session=landed.session))
    assert isinstance(ended, Ended)
    assert ended.error.code == "identity_taken"
    told = story.run(story.outcomes.collect("L" * 22, Client(logins={"L" * 22: ended.sealed}, session=landed.session)))
    assert (told.state, told.error.code) == ("failed", "identity_taken")


def test_a_link_delivered_twice_and_collected_hands_no_session_over(story: Story) -> None:
    """Not to the browser that began it, once that is signed out: a link opens no session."""
    landed = signed_in(story, "A" * 22, "1")
    started = begin_link(story, landed.session, "2")
    story.finish(started, holding(started, session=landed.session))
    again = story.finish(started, holding(started, session=landed.session))
    assert isinstance(again, SignedIn)
    assert again.session_token is None
    collected = story.run(story.outcomes.collect("L" * 22, holding(started, session=landed.session)))
    assert collected.state == "done"
    assert subjects(collected.session) == ["1", "2"]
    without = story.run(story.outcomes.collect("L" * 22, holding(started)))
    assert (without.signed_in, without.session) == (None, None)
    gone = story.finish(started, holding(started))
    assert isinstance(gone, Ended)
    assert len(story.provider.calls("access_token")) == 2


def test_unlinked(story: Story) -> None:
    landed = signed_in(story, "A" * 22, "1")
    started = begin_link(story, landed.session, "2")
    story.finish(started, holding(started, session=landed.session))
    by_second = signed_in(story, "B" * 22, "2")
    assert story.recognise(by_second.session_token)
    account = story.run(story.linking.unlink(landed.session, "twitter", "2"))
    assert [one.subject for one in account.identities] == ["1"]
    assert subjects(story.recognise(landed.session_token)) == ["1"]
    story.sessions.cache._asked_at = float("-inf")  # the list is read again, as it is within a second
    assert story.recognise(by_second.session_token) is None
    with pytest.raises(LastIdentity):
        story.run(story.linking.unlink(landed.session, "twitter", None))


def age(story: Story, seconds: float) -> None:
    connection = sqlite3.connect(database_of(story))
    with connection:
        connection.execute("UPDATE sessions SET opened_at = opened_at - ?", (seconds,))
    connection.close()
