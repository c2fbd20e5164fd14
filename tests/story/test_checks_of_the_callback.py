"""Checks of the callback that stand behind another check, each tried with the other one out of its way."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from story.conftest import CALLBACK, LOST, Story, holding
from story.test_linking import begin_link, sign_in
from valetkey.errors import BadRequest
from valetkey.login.attempt import Intent
from valetkey.login.results import Failed, SignedIn


def finish_at(story: Story, started: Any, session: Any, *, links: bool) -> Any:
    """The second step of a page's own requests, at the address that signs in or at the one that links."""
    query = {"oauth_token": started.attempt.request_id, "oauth_verifier": "v"}
    return story.run(story.login.finish("twitter", query, holding(started, session=session), links=links))


def test_a_link_is_not_finished_where_a_sign_in_is_and_the_other_way_round(story: Story) -> None:
    signed_in = sign_in(story, "A" * 22, "1")
    link, login = begin_link(story, signed_in.session, "2"), story.begin("B" * 22)
    before = len(story.provider.calls("access_token"))
    for started, links in ((link, False), (login, True)):
        with pytest.raises(BadRequest):
            finish_at(story, started, signed_in.session, links=links)
    assert len(story.provider.calls("access_token")) == before
    assert isinstance(finish_at(story, link, signed_in.session, links=True), SignedIn)
    assert isinstance(finish_at(story, login, signed_in.session, links=False), SignedIn)


def test_a_link_comes_back_to_the_account_that_asked(story: Story) -> None:
    """Also where the session has the right id: nothing is asked of the provider for another account."""
    signed_in = sign_in(story, "A" * 22, "1")
    other = replace(signed_in.session, account=replace(signed_in.session.account, id="another"))
    started = begin_link(story, signed_in.session, "2")
    before = len(story.provider.calls("access_token"))
    failed = story.finish(started, holding(started, session=other))
    assert isinstance(failed, Failed)
    assert failed.error.code == "session_changed"
    assert len(story.provider.calls("access_token")) == before


def test_no_third_exchange_after_another_node_has_taken_over(story: Story) -> None:
    """The first exchange hangs for so long that its lease lapses. Another node sends the second; the first node's reply
    is lost, and it sends nothing more."""
    started = story.begin()

    def taken_over(request: Any) -> Any:
        with closing(sqlite3.connect(story.database, isolation_level=None)) as connection:
            taken = connection.execute("UPDATE login_claims SET owner = 'another node', exchanges = 2").rowcount
        assert taken == 1
        raise LOST

    story.provider.then("access_token", taken_over)
    assert not isinstance(story.finish(started), SignedIn)
    assert len(story.provider.calls("access_token")) == 1
    # The control: where nobody has taken over, a lost reply is asked for once more.
    again = story.begin("B" * 22)
    story.provider.then("access_token", LOST)
    assert isinstance(story.finish(again), SignedIn)
    assert len(story.provider.calls("access_token")) == 3


def test_the_same_token_of_two_providers_is_two_logins(story: Story) -> None:
    """Each provider draws its tokens by itself. What one login has used up is not the other's."""
    x = story.login.provider("twitter")
    story.login._providers = {"twitter": x, "other": replace(x, name="other")}
    issued = "oauth_token=the-same&oauth_token_secret=s&oauth_callback_confirmed=true"
    story.provider.then("request_token", *[lambda _: story.provider.reply(issued)] * 2)
    signed_in = []
    for name, login_id in (("twitter", "A" * 22), ("other", "B" * 22)):
        intent = Intent(id=login_id, provider=name, callback_url=CALLBACK)
        started = story.run(story.login.begin(intent))
        query = {"oauth_token": "the-same", "oauth_verifier": "v"}
        signed_in.append(story.run(story.login.finish(name, query, holding(started))))
    assert all(isinstance(one, SignedIn) for one in signed_in)
    assert len({one.session.account.id for one in signed_in}) == 2
    assert len(story.provider.calls("access_token")) == 2


def test_a_login_does_not_outlive_the_session_of_its_page(story: Story) -> None:
    """It was signed out while the user was at the provider: refused before the exchange, which checks once more."""
    signed_in = sign_in(story, "A" * 22, "1")
    started = story.begin("B" * 22, signed_in_as=signed_in.session.id)
    control = story.begin("C" * 22, signed_in_as=signed_in.session.id)
    assert isinstance(story.finish(control, holding(control, session=signed_in.session)), SignedIn)
    story.run(story.sessions.revoke(signed_in.session.id))
    before = len(story.provider.calls("access_token"))
    failed = story.finish(started)
    assert isinstance(failed, Failed)
    assert failed.error.code == "session_changed"
    assert len(story.provider.calls("access_token")) == before


def test_a_sign_out_during_the_exchange_ends_the_login(story: Story) -> None:
    signed_in = sign_in(story, "A" * 22, "1")
    started = story.begin("B" * 22, signed_in_as=signed_in.session.id)

    def signed_out_meanwhile(request: Any) -> Any:
        with closing(sqlite3.connect(story.database, isolation_level=None)) as connection:
            connection.execute("UPDATE sessions SET revoked_at = opened_at")
        return story.provider.granted("access_token", {"oauth_token": started.attempt.request_id})

    story.provider.then("access_token", signed_out_meanwhile)
    failed = story.finish(started)
    assert isinstance(failed, Failed)
    assert failed.error.code == "session_changed"
    assert story.finish(started).error.code == "session_changed"  # the claim says so to the next delivery, too


def test_another_tabs_session_stands_in_only_where_sessions_are_in_cookies(story: Story) -> None:
    """The same user has signed in again meanwhile. A page that holds a token has signed out all the same."""
    first, second = sign_in(story, "A" * 22, "1"), sign_in(story, "B" * 22, "1")
    story.run(story.sessions.revoke(first.session.id))
    for login_id, challenge, stands_in in (("C" * 22, "c" * 43, False), ("D" * 22, None, True)):
        started = story.begin(login_id, signed_in_as=first.session.id, challenge=challenge)
        story.provider.people[started.attempt.request_id] = "1"
        result = story.finish(started, holding(started, session=second.session))
        assert isinstance(result, SignedIn) is stands_in
        assert stands_in or result.error.code == "session_changed"
