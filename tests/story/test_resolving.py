"""An app with its own users table: its hook is called between the account and the session, again if need be."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest

from story.conftest import CALLBACK, LOST, SECRETS, Story, holding
from story.test_finishing import database_of, lapse
from valetkey.crypto import Secret
from valetkey.errors import SettingsError, SignInRefused
from valetkey.login.assembly import assemble
from valetkey.login.attempt import claim_key
from valetkey.login.results import Client, Failed, SignedIn
from valetkey.models import Identity, Profile
from valetkey.providers.twitter import twitter
from valetkey.settings import Settings
from valetkey.storage.base import AttachIdentity, Authentication, Lease

SETTINGS = Settings(
    callbacks={"twitter": (CALLBACK,)},
    secrets=SECRETS,
    providers=(twitter(key="key", secret=Secret("secret")),),
)
asked_by: ContextVar[str] = ContextVar("asked_by", default="nobody")


class People:
    """The app's: get or create by account, as the hook has to."""

    def __init__(self) -> None:
        self.users: dict[str, Identity] = {}
        self.calls: list[tuple[Identity, str]] = []
        self.refuses: Exception | None = None
        self.context: list[str] = []

    def resolve(self, identity: Identity, account_id: str) -> None:
        self.calls.append((identity, account_id))
        self.context.append(asked_by.get())
        if self.refuses is not None:
            raise self.refuses
        self.users.setdefault(account_id, identity)


def sessions_of(story: Story) -> int:
    connection = sqlite3.connect(database_of(story))
    ((count,),) = connection.execute("SELECT count(*) FROM sessions").fetchall()
    connection.close()
    return int(count)


def test_once_a_login_before_its_session(make_story: Callable[..., Story]) -> None:
    people = People()
    seen: list[int] = []

    def resolve(identity: Identity, account_id: str) -> None:
        people.resolve(identity, account_id)
        seen.append(sessions_of(story))

    story = make_story(resolve=resolve)
    asked_by.set("this request")
    first = story.finish(story.begin("A" * 22))
    second = story.finish(story.begin("B" * 22))
    assert isinstance(first, SignedIn)
    assert seen == [0, 1]
    assert [account for _, account in people.calls] == [first.session.account.id] * 2
    assert people.calls[0][0].subject == "1001"
    assert set(people.users) == {second.session.account.id}
    assert people.context == ["this request"] * 2


def test_an_async_one(make_story: Callable[..., Story], runner_kind: str) -> None:
    people = People()

    async def resolve(identity: Identity, account_id: str) -> None:
        people.resolve(identity, account_id)

    if runner_kind == "loop":
        story = make_story(resolve=resolve)
        assert isinstance(story.finish(story.begin()), SignedIn)
        assert len(people.calls) == 1
    else:  # refused at start, and not at the first login
        with pytest.raises(SettingsError, match="async"):
            assemble(SETTINGS, blocking=True, resolve_account=resolve)


def test_refused_in_the_apps_own_words(make_story: Callable[..., Story]) -> None:
    people = People()
    people.refuses = SignInRefused("sign_up_closed", "We take nobody new this week.")
    story = make_story(resolve=people.resolve)
    started = story.begin()
    failed = story.finish(started)
    assert isinstance(failed, Failed)
    assert (failed.error.code, failed.error.message) == ("sign_up_closed", "We take nobody new this week.")
    assert sessions_of(story) == 0
    collected = story.run(
        story.collector.collect(started.attempt.id, Client(logins={started.attempt.id: failed.sealed}))
    )
    assert (collected.status, collected.error.code, collected.error.message) == (
        "failed",
        failed.error.code,
        failed.error.message,
    )
    # Delivered again: no exchange, no second question; and once the app takes people, it lands.
    again = story.finish(started)
    assert isinstance(again, Failed)
    assert (len(story.provider.calls("access_token")), len(people.calls)) == (1, 1)
    people.refuses = None
    assert isinstance(story.finish(story.begin("B" * 22)), SignedIn)


def test_a_fault_of_the_apps_is_reported_and_the_next_sign_in_repairs_it(
    make_story: Callable[..., Story], caplog: Any
) -> None:
    people = People()
    people.refuses = RuntimeError("the app's own database is away")
    story = make_story(resolve=people.resolve)
    failed = story.finish(story.begin("A" * 22))
    assert isinstance(failed, Failed)
    assert failed.error.code == "app_failed"
    assert sessions_of(story) == 0
    assert "the app's own database is away" in caplog.text
    people.refuses = None
    assert isinstance(story.finish(story.begin("B" * 22)), SignedIn)
    assert len({account for _, account in people.calls}) == 1


def test_a_dead_node_is_taken_over_without_a_call(make_story: Callable[..., Story]) -> None:
    """It had resolved the account, and perhaps called the app. The takeover calls the app again, not the provider."""
    people = People()
    story = make_story(resolve=people.resolve)
    started = story.begin()
    key = claim_key("twitter", started.attempt.request_id)
    story.run(story.store.claim(Lease(key, "dead")))
    who = Authentication("twitter", Profile(subject="1001"))
    resolved = story.run(story.store.resolve(Lease(key, "dead"), who))
    lapse(story, key)
    signed_in = story.finish(started)
    assert isinstance(signed_in, SignedIn)
    assert signed_in.session.account.id == resolved.id
    assert story.provider.calls("access_token") == []
    assert [account for _, account in people.calls] == [resolved.id]


def dead_after_resolving(story: Story, subject: str, login_id: str) -> Any:
    """A login whose node died between the account and the session."""
    started = story.begin(login_id)
    key = claim_key("twitter", started.attempt.request_id)
    story.run(story.store.claim(Lease(key, "dead")))
    who = Authentication("twitter", Profile(subject=subject))
    assert story.run(story.store.resolve(Lease(key, "dead"), who))
    lapse(story, key)
    return started


def two_ways_in(story: Story) -> Any:
    """A session of an account with the identities 1001 and 2."""
    signed_in = story.finish(story.begin("A" * 22))
    assert isinstance(signed_in, SignedIn)
    key, account_id = claim_key("twitter", "link"), signed_in.session.account.id
    lease, who = Lease(key, "o"), Authentication("twitter", Profile(subject="2"))
    story.run(story.store.claim(lease))
    story.run(story.store.complete(lease, AttachIdentity(who, account_id, signed_in.session.id)))
    return signed_in.session


def test_a_takeover_asks_about_the_identity_that_came(make_story: Callable[..., Story]) -> None:
    """And not about the account's first one: an app may refuse the one and not the other."""
    people = People()
    story = make_story(resolve=people.resolve)
    session = two_ways_in(story)
    started = dead_after_resolving(story, "2", "B" * 22)
    signed_in = story.finish(started)
    assert isinstance(signed_in, SignedIn)
    assert [(one.subject, account) for one, account in people.calls[1:]] == [("2", session.account.id)]


@pytest.mark.parametrize("gone", ["account", "identity"])
def test_a_takeover_that_finds_no_account_says_so(make_story: Callable[..., Story], gone: str) -> None:
    """Deleted or unlinked meanwhile: it is over, and nobody waits for it for an hour."""
    people = People()
    story = make_story(resolve=people.resolve)
    session = two_ways_in(story)
    started = dead_after_resolving(story, "2", "B" * 22)
    if gone == "account":
        story.run(story.accounts.delete(session.account.id))
    else:
        story.run(story.linking.unlink(session, "twitter", "2"))
    before = sessions_of(story)
    for _ in range(2):
        failed = story.finish(started)
        assert isinstance(failed, Failed)
        assert failed.error.code == "interrupted"
    assert story.run(story.collector.read_status("B" * 22, holding(started)))[0] == "interrupted"
    assert (sessions_of(story), len(people.calls)) == (before, 1)


def test_gone_while_the_app_was_asked(make_story: Callable[..., Story]) -> None:
    people = People()

    def resolve(identity: Identity, account_id: str) -> None:
        people.resolve(identity, account_id)
        connection = sqlite3.connect(database_of(story))
        with connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("DELETE FROM accounts WHERE id = ?", (account_id,))
        connection.close()

    story = make_story(resolve=resolve)
    failed = story.finish(story.begin())
    assert isinstance(failed, Failed)
    assert failed.error.code == "interrupted"
    assert sessions_of(story) == 0


def test_it_ends_with_a_one_time_code(make_story: Callable[..., Story]) -> None:
    """For a page on another site: the app is asked before there is a code."""
    people = People()
    people.refuses = SignInRefused()
    story = make_story(resolve=people.resolve, relayed=True)
    refused = story.finish(story.begin("A" * 22, challenge="c" * 43))
    assert isinstance(refused, Failed)
    assert refused.error.code == "sign_in_refused"
    people.refuses = None
    handed = story.finish(story.begin("B" * 22, challenge="c" * 43))
    assert type(handed).__name__ == "CodeIssued"
    assert sessions_of(story) == 0


def test_a_restart_asks_once(make_story: Callable[..., Story]) -> None:
    people = People()
    story = make_story(resolve=people.resolve)
    story.provider.then("access_token", LOST, LOST)
    again = story.finish(story.begin())
    assert people.calls == []
    assert isinstance(story.finish(again, holding(again)), SignedIn)
    assert len(people.calls) == 1
