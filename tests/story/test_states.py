"""The table of states, and the real core beside it: each transition of the table is made to happen."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, get_args
from unittest.mock import patch

import pytest

from story.conftest import LOST, Story
from story.test_finishing import lapse, refused
from valetkey.crypto import Secret
from valetkey.errors import IdentityTaken, ProviderUnavailable, ValetkeyError
from valetkey.login.attempt import (
    Intent,
    LinkToAccount,
    LinkToCollector,
    LoginAttempt,
    LoginFailure,
    PendingLink,
    claim_key,
)
from valetkey.login.one_time_codes import challenge_of
from valetkey.login.results import Client, CodeIssued, Collected, Failed, LinkWaits, SignedIn, Started, StillFinishing
from valetkey.login.states import (
    STATES,
    TRANSITIONS,
    Cookie,
    Event,
    State,
    Status,
    after,
    error_of,
    state_of,
    state_of_claim,
    state_of_error,
    status_of,
)
from valetkey.protocols.base import CallbackParameters
from valetkey.protocols.oauth1 import OAuth1
from valetkey.storage.base import Claim, Lease

ID, VERIFIER = "A" * 22, "v" * 43


# The table by itself


def test_every_state_has_a_public_status_and_every_status_a_state() -> None:
    assert set(STATES) == set(State)
    assert {facts.status for facts in STATES.values()} == set(get_args(Status))
    assert all(facts.meaning.endswith(".") for facts in STATES.values())


def test_every_state_is_reached_and_every_event_happens() -> None:
    assert {step.next for step in TRANSITIONS.values()} | {State.NONE} == set(State)
    assert {event for _, event in TRANSITIONS} == set(Event)


def test_a_page_may_ask_in_every_state() -> None:
    """A cookie is kept as long as its login can still end well."""
    for state in State:
        collected = after(state, Event.COLLECT)
        assert collected.next is state
        kept = STATES[state].status in ("waiting", "finishing") or state in (State.NONE, State.ABANDONED)
        assert (collected.cookie is Cookie.KEEP) == kept, state


def test_what_is_not_in_the_table_cannot_happen() -> None:
    with pytest.raises(KeyError):
        after(State.VOIDED, Event.OPEN_SESSION)


CLAIMS = {
    State.CLAIMED: Claim(key="k", state="claimed"),
    State.ABANDONED: Claim(key="k", state="claimed", lapsed=True),
    State.SIGNED_IN: Claim(key="k", state="done", session_id="s"),
    State.CODE_ISSUED: Claim(key="k", state="done", handed_off=True),
    State.CODE_LAPSED: Claim(key="k", state="done", handed_off=True, one_time_code_lapsed=True),
    State.FAILED: Claim(key="k", state="failed", error_code="provider_refused"),
    State.INTERRUPTED: Claim(key="k", state="failed"),
    State.VOIDED: Claim(key="k", state="burnt"),
}


@pytest.mark.parametrize("state", CLAIMS, ids=lambda state: state.value)
def test_a_claim_decides(state: State) -> None:
    """However old the attempt is; and its errors are those of its status."""
    attempt = an_attempt(began_at=0.0)
    assert state_of_claim(CLAIMS[state]) is state
    assert state_of(attempt, CLAIMS[state], now=1e9) is state
    error = error_of(status_of(state), CLAIMS[state])
    expected = {"failed": "provider_refused", "interrupted": "interrupted"}.get(status_of(state))
    assert (error.code if error else None) == expected


def test_without_a_claim_the_cookie_decides() -> None:
    attempt = an_attempt(began_at=1000.0)
    assert state_of(None, None, now=1000.0) is State.NONE
    assert state_of(attempt, None, now=1600.0) is State.AT_PROVIDER
    assert state_of(attempt, None, now=1600.1) is State.EXPIRED
    for code, state in (("denied", State.DENIED), ("expired", State.EXPIRED), ("interrupted", State.INTERRUPTED)):
        assert state_of(a_failure(code), None, now=0.0) is state_of_error(code) is state
        assert status_of(state) == code
    for code in ("provider_refused", "an_apps_own"):
        assert state_of(a_failure(code), None, now=0.0) is State.FAILED
    assert state_of(a_pending_link(), None, now=1e9) is State.LINK_WAITS


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (State.CLAIMED, "finishing"),
        (State.ABANDONED, "interrupted"),
        (State.CODE_ISSUED, "finishing"),
        (State.CODE_LAPSED, "interrupted"),
        (State.SIGNED_IN, "interrupted"),  # the code has been used
        (State.FAILED, "failed"),
        (State.VOIDED, "waiting"),  # it began again in the popup, which says so itself if that was its end
    ],
)
def test_what_a_verifier_shows(state: State, status: Status) -> None:
    assert status_of(state, by_verifier=True) == status


def an_attempt(**fields: Any) -> LoginAttempt:
    return LoginAttempt(
        id=ID, provider="twitter", callback_url="", request_id="t", memo={"token_secret": Secret("s")}, **fields
    )


def a_failure(code: str) -> LoginFailure:
    return LoginFailure(id=ID, provider="twitter", request_id="t", error_code=code, began_at=0.0)


def a_pending_link() -> PendingLink:
    return PendingLink(
        id=ID, provider="twitter", request_id="t", owner="o", challenge="c", subject="1", handle=None, name=None,
        picture=None, began_at=0.0,
    )  # fmt: skip


# The core beside it


@dataclass
class Play:
    """One login, its cookie, and what the last answer did to the cookie."""

    story: Story
    elsewhere: bool = False  # its page is on another site
    sealed: str | None = None
    started: Any = None
    session: Any = None
    cookie: Cookie | None = None
    result: State | None = None  # where the cookie alone does not say it
    seen: list[str] = field(default_factory=list)
    resolve: Callable[[], None] = lambda: None

    @property
    def client(self) -> Client:
        return Client(logins={ID: self.sealed} if self.sealed else {}, session=self.session)

    @property
    def key(self) -> str:
        return claim_key("twitter", self.started.attempt.request_id)

    @property
    def state(self) -> State:
        login = self.story.codec.open(ID, self.sealed)
        claim = self.story.run(self.story.store.find_claim(self.key)) if isinstance(login, LoginAttempt) else None
        state = state_of(login, claim, time.time())
        if state is State.SIGNED_IN:
            row = self.story.run(self.story.store.read_session(claim.session_id))
            return State.SIGNED_IN if row.live else State.SESSION_OVER
        return state

    def begin(self, **fields: Any) -> None:
        challenge = challenge_of(VERIFIER) if self.elsewhere or "link" in fields else None
        try:
            self.started = self.story.begin(ID, challenge=challenge, **fields)
        except ValetkeyError as error:
            self.take(self.story.login.start_failed(Intent(id=ID, provider="twitter", callback_url=""), error))
        else:
            self.take(self.started)

    def finish(self, **query: str) -> Any:
        return self.take(self.story.finish(self.started, self.client, **query))

    def take(self, result: Any) -> Any:
        """What an answer does to the cookie, as the web's side does it."""
        if isinstance(result, SignedIn):
            self.cookie = Cookie.HAND_OVER
        elif isinstance(result, CodeIssued):
            self.cookie = Cookie.CLEAR
        elif isinstance(result, StillFinishing):
            self.cookie = Cookie.KEEP
        elif isinstance(result, Collected):
            self.cookie = Cookie.CLEAR if result.clear else Cookie.KEEP
        else:
            assert isinstance(result, (Started, Failed, LinkWaits))
            self.cookie = Cookie.REPLACE if result.sealed else Cookie.KEEP
            self.sealed = result.sealed or self.sealed
            self.started = result if isinstance(result, Started) else self.started
        return result

    def watch(self, endpoint: str = "access_token") -> None:
        """Note in which state the claim is while the provider is asked."""

        def step(request: Any) -> Any:
            self.sql("SELECT state FROM login_claims", note=True)
            return self.story.provider.granted(endpoint, {"oauth_token": self.started.attempt.request_id})

        self.story.provider.then(endpoint, step)

    def sql(self, statement: str, *, note: bool = False) -> None:
        with closing(sqlite3.connect(self.story.database, isolation_level=None)) as connection:
            rows = connection.execute(statement).fetchall()
        if note:
            self.seen += [row[0] for row in rows]


def at_provider(play: Play) -> None:
    play.begin()


def expired(play: Play) -> None:
    play.begin()
    late = replace(play.started.attempt, began_at=time.time() - 601)
    play.sealed = play.story.codec.seal(late)


def denied(play: Play) -> None:
    play.begin()
    user_denies(play)


def claimed(play: Play) -> None:
    play.begin()
    play.story.run(play.story.store.claim(Lease(play.key, "another delivery")))


def abandoned(play: Play) -> None:
    claimed(play)
    lapse(play.story, play.key)


def link_waits(play: Play) -> None:
    play.begin(link=LinkToCollector())
    play.finish()


def code_issued(play: Play) -> None:
    play.elsewhere = True
    play.begin()
    play.finish()


def code_lapsed(play: Play) -> None:
    code_issued(play)
    play.sql("UPDATE login_claims SET finished_at = finished_at - 61")


def signed_in(play: Play) -> None:
    play.begin()
    play.finish()


def session_over(play: Play) -> None:
    signed_in(play)
    play.sql("UPDATE sessions SET revoked_at = opened_at")


def failed(play: Play) -> None:
    play.begin()
    play.story.provider.then("access_token", refused(play.story.provider))
    play.finish()


def interrupted(play: Play) -> None:
    claimed(play)
    play.story.run(play.story.store.fail_claim(Lease(play.key, "another delivery"), "interrupted"))


def voided(play: Play) -> None:
    play.begin()
    play.story.run(play.story.store.void(play.key))


STATE_MAKERS: dict[State, Callable[[Play], None]] = {
    State.NONE: lambda play: None,
    State.AT_PROVIDER: at_provider,
    State.EXPIRED: expired,
    State.DENIED: denied,
    State.CLAIMED: claimed,
    State.ABANDONED: abandoned,
    State.LINK_WAITS: link_waits,
    State.CODE_ISSUED: code_issued,
    State.CODE_LAPSED: code_lapsed,
    State.SIGNED_IN: signed_in,
    State.SESSION_OVER: session_over,
    State.FAILED: failed,
    State.INTERRUPTED: interrupted,
    State.VOIDED: voided,
}


def start_fails(play: Play) -> None:
    play.story.provider.then("request_token", lambda _: play.story.provider.reply("no", 401))
    play.begin()


def time_is_up(play: Play) -> None:
    play.sealed = play.story.codec.seal(replace(play.started.attempt, began_at=time.time() - 601))


def user_denies(play: Play) -> None:
    query = {"denied": play.started.attempt.request_id}
    play.take(play.story.run(play.story.login.finish("twitter", query, play.client)))


def provider_refuses(play: Play) -> None:
    """The callback says so itself, as OAuth 2.0 has it."""
    refused = CallbackParameters(
        request_id=play.started.attempt.request_id, refusal=ProviderUnavailable(), query={"error": "server_error"}
    )
    with patch.object(OAuth1, "parse_callback", lambda self, query: refused):
        play.take(play.story.run(play.story.login.finish("twitter", {}, play.client)))


def session_changed(play: Play) -> None:
    play.begin(link=LinkToAccount(account_id="an account", session_id="a session"))
    play.finish()


def claim(play: Play) -> None:
    """What the claim says while the provider is asked, and before the client is answered."""
    play.watch()
    play.finish()
    assert play.seen == ["claimed"]
    play.cookie, play.result = None, State.CLAIMED


def exchanges_spent(play: Play) -> None:
    claimed_again = play.story.run(play.story.store.claim(Lease(play.key, "a third delivery")))
    assert claimed_again.exchanges == 2
    lapse(play.story, play.key)
    play.finish()


def from_claimed(play: Play) -> None:
    """Finish: the delivery claims the login, and what follows depends on what was prepared."""
    play.watch()
    play.finish()


def restart(play: Play) -> None:
    play.story.provider.then("access_token", LOST, LOST)
    play.finish()


def fail(play: Play) -> None:
    play.story.provider.then("access_token", refused(play.story.provider))
    play.finish()


def interrupt(play: Play) -> None:
    play.begin(restarts=2)
    play.story.run(play.story.store.claim(Lease(play.key, "a node that died")))
    lapse(play.story, play.key)
    fail(play)


def account_gone(play: Play) -> None:
    play.resolve = lambda: play.sql("DELETE FROM identities")
    play.finish()


def await_link(play: Play) -> None:
    play.begin(link=LinkToCollector())
    play.finish()


def attach(play: Play, *, is_taken: bool = False) -> None:
    """To the account of somebody who signed in before the link began. The web's side clears the cookie."""
    other = play.story.begin("B" * 22)
    play.story.provider.people[other.attempt.request_id] = "7"
    session = play.story.finish(other).session
    waiting = play.story.codec.open(ID, play.sealed)
    sealed = play.story.codec.seal(replace(waiting, subject="2", session_id=session.id))
    work = play.story.linking.attach(ID, sealed, challenge_of(VERIFIER), session)
    with pytest.raises(IdentityTaken) if is_taken else nullcontext():
        play.story.run(work)
    play.cookie, play.result = Cookie.CLEAR, state_of_claim(play.story.run(play.story.store.find_claim(play.key)))


def attach_fails(play: Play) -> None:
    third = play.story.begin("C" * 22)
    play.story.provider.people[third.attempt.request_id] = "2"
    play.story.finish(third)
    attach(play, is_taken=True)


def redeem(play: Play) -> None:
    issued = play.story.one_time_codes.code_for(play.story.codec.open(ID, play.sealed))
    play.take(play.story.run(play.story.one_time_codes.redeem(ID, issued.one_time_code, VERIFIER, Client())))


def sign_out(play: Play) -> None:
    """The web's side clears the cookie, so the claim says what became of the login."""
    play.story.run(play.story.login.sign_out(None, play.client))
    found = play.story.run(play.story.store.find_claim(play.key))
    play.cookie, play.result = Cookie.CLEAR, state_of_claim(found)
    if play.result is State.SIGNED_IN:
        play.result = play.state


def callback_again(play: Play) -> None:
    if play.state is State.ABANDONED:  # one that may finish it would take it over
        user_denies(play)
    else:
        if play.state is State.EXPIRED:
            play.finish()  # the first one that came too late
        play.finish()


def collect(play: Play) -> None:
    challenge = play.started.attempt.challenge if play.started else None
    play.take(play.story.run(play.story.collector.collect(ID, play.client, challenge)))


EVENT_MAKERS: dict[Event, Callable[[Play], None]] = {
    Event.START: at_provider,
    Event.START_FAILS: start_fails,
    Event.TIME_IS_UP: time_is_up,
    Event.CALLBACK_TOO_LATE: lambda play: play.finish(),
    Event.USER_DENIES: user_denies,
    Event.PROVIDER_REFUSES: provider_refuses,
    Event.SESSION_CHANGED: session_changed,
    Event.CLAIM: claim,
    Event.LEASE_LAPSES: lambda play: lapse(play.story, play.key),
    Event.EXCHANGES_SPENT: exchanges_spent,
    Event.RESTART: restart,
    Event.FAIL: fail,
    Event.INTERRUPT: interrupt,
    Event.ACCOUNT_GONE: account_gone,
    Event.OPEN_SESSION: from_claimed,
    Event.ISSUE_CODE: from_claimed,
    Event.AWAIT_LINK: await_link,
    Event.ATTACH: attach,
    Event.ATTACH_FAILS: attach_fails,
    Event.REDEEM: redeem,
    Event.MINUTE_PASSES: lambda play: play.sql("UPDATE login_claims SET finished_at = finished_at - 61"),
    Event.SESSION_ENDS: lambda play: play.sql("UPDATE sessions SET revoked_at = opened_at"),
    Event.SIGN_OUT: sign_out,
    Event.CALLBACK_AGAIN: callback_again,
    Event.COLLECT: collect,
}
# These happen to the delivery that has the claim: the login is made ready for it, and the delivery claims it itself.
OF_THE_OWNER = {
    Event.RESTART, Event.FAIL, Event.INTERRUPT, Event.ACCOUNT_GONE, Event.OPEN_SESSION, Event.ISSUE_CODE,
    Event.AWAIT_LINK,
}  # fmt: skip


@pytest.mark.parametrize("runner_kind", ["thread"])
@pytest.mark.parametrize(("state", "event"), TRANSITIONS, ids=lambda one: one.value.replace(" ", "-"))
def test_each_transition_as_the_table_says(make_story: Callable[..., Story], state: State, event: Event) -> None:
    elsewhere = state in (State.CODE_ISSUED, State.CODE_LAPSED) or event is Event.ISSUE_CODE
    resolves = {"resolve": lambda identity, account_id: play.resolve()} if event is Event.ACCOUNT_GONE else {}
    play = Play(make_story(relayed=elsewhere, **resolves), elsewhere=elsewhere)
    ready = State.AT_PROVIDER if event in OF_THE_OWNER else state
    STATE_MAKERS[ready](play)
    assert play.state is ready
    play.cookie = None
    EVENT_MAKERS[event](play)
    step = after(state, event)
    assert (play.result or play.state) is step.next
    assert play.cookie in (None, step.cookie)
    assert play.cookie is not None or step.cookie is Cookie.KEEP
