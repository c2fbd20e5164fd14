"""The states of a login, as one table.

How this works:

- The state of a login is not stored. It follows from two things: what is sealed in the login's cookie (an attempt, a
  failure, a pending link, or nothing), and the claim in the database, which exists from the first callback on.
  ``state_of`` is the only function that reads them together, ``state_of_claim`` the only one that interprets a claim's
  columns.
- ``STATES`` says what each state means, and the public status that the page gets.
- ``TRANSITIONS`` says which event leads from which state to which, and what the event does to the cookie. A pair that
  is not in the table cannot happen. The code that ends a login asks the table (``after``) whether to replace its
  cookie.
- Time is an event, too: an attempt expires after ten minutes, a lease lapses after fifteen seconds, a one-time
  code after a minute. Nothing runs when that happens. The next reader finds the other state.
- A page on another site cannot send the login's cookie. It presents its verifier, and learns what the claim alone says
  (``status_of`` with ``by_verifier``).

The picture and the tables in docs/architecture.md are made from this module by docs/states.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

from ..errors import Denied, Expired, Interrupted, ValetkeyError, error_by_code
from ..storage.base import Claim
from .attempt import ATTEMPT_SECONDS, LoginFailure, PendingLink, SealedLogin

Status: TypeAlias = Literal["waiting", "finishing", "done", "denied", "failed", "interrupted", "expired", "unknown"]


class State(Enum):
    """The state of a login, as the server knows it."""

    NONE = "none"
    AT_PROVIDER = "at_provider"
    EXPIRED = "expired"
    DENIED = "denied"
    CLAIMED = "claimed"
    ABANDONED = "abandoned"
    LINK_WAITS = "link_waits"
    CODE_ISSUED = "code_issued"
    CODE_LAPSED = "code_lapsed"
    SIGNED_IN = "signed_in"
    SESSION_OVER = "session_over"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    VOIDED = "voided"


class Event(Enum):
    """What happens to a login."""

    START = "the user starts"
    START_FAILS = "the start fails"
    TIME_IS_UP = "ten minutes pass"
    CALLBACK_TOO_LATE = "the callback comes too late"
    USER_DENIES = "the user denies"
    PROVIDER_REFUSES = "the provider refuses"
    SESSION_CHANGED = "the page's session is over or too old"
    CLAIM = "a callback claims it"
    LEASE_LAPSES = "the lease lapses"
    EXCHANGES_SPENT = "both exchanges are spent"
    RESTART = "it begins again"
    FAIL = "it fails"
    INTERRUPT = "the exchange of a dead node is lost"
    ACCOUNT_GONE = "the account has gone meanwhile"
    OPEN_SESSION = "the session opens"
    ISSUE_CODE = "a one-time code is issued"
    AWAIT_LINK = "the identity waits for its page"
    ATTACH = "the page attaches the identity"
    ATTACH_FAILS = "the attachment fails"
    REDEEM = "the page redeems the code"
    MINUTE_PASSES = "a minute passes"
    SESSION_ENDS = "the session ends"
    SIGN_OUT = "the user signs out"
    CALLBACK_AGAIN = "the callback comes again"
    COLLECT = "the page collects"


class Cookie(Enum):
    """What an event does to the login's cookie."""

    KEEP = "keep"
    CLEAR = "clear"
    REPLACE = "replace"
    HAND_OVER = "hand over"  # clear it and set the session's; keep it for a page that collects a token or a link


@dataclass(frozen=True, slots=True)
class Facts:
    """What a state means, and its public status.

    Attributes:
        meaning: a sentence for the documents.
        status: for a page that presents the login's cookie.
        by_verifier: for a page that presents its verifier. None: the same.
    """

    meaning: str
    status: Status
    by_verifier: Status | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Where an event leads, and what it does to the login's cookie."""

    next: State
    cookie: Cookie


STATES: Mapping[State, Facts] = {
    State.NONE: Facts("The client has no login of this id, or none that opens.", "unknown", by_verifier="waiting"),
    State.AT_PROVIDER: Facts("The attempt is sealed in the cookie. The user is at the provider.", "waiting"),
    State.EXPIRED: Facts("The callback has not come within ten minutes.", "expired", by_verifier="waiting"),
    State.DENIED: Facts("The user pressed Cancel at the provider.", "denied", by_verifier="waiting"),
    State.CLAIMED: Facts("One delivery of the callback holds the claim and finishes the login.", "finishing"),
    State.ABANDONED: Facts("The lease has lapsed: its node has died. Another delivery may take over.", "interrupted"),
    State.LINK_WAITS: Facts("An identity is sealed in the cookie. Its page says to whom it belongs.", "finishing"),
    State.CODE_ISSUED: Facts("The account is known. A one-time code opens the session.", "finishing"),
    State.CODE_LAPSED: Facts("The one-time code was not redeemed within its minute.", "interrupted"),
    State.SIGNED_IN: Facts("The login has a session, which its client may collect.", "done", by_verifier="interrupted"),
    State.SESSION_OVER: Facts(
        "The session was signed out, has expired, or was collected long ago.", "expired", by_verifier="interrupted"
    ),
    State.FAILED: Facts("It ended with an error.", "failed"),
    State.INTERRUPTED: Facts("It ended because a node died or the account has gone.", "interrupted"),
    State.VOIDED: Facts("It was ended for good, by a sign-out or a restart.", "interrupted", by_verifier="waiting"),
}

# Another delivery is finishing it, or was until its node died. The result may still come.
UNFINISHED = frozenset({State.CLAIMED, State.ABANDONED})
# A one-time code was issued, which opens its session.
HANDED_OFF = frozenset({State.CODE_ISSUED, State.CODE_LAPSED})


def _transitions() -> dict[tuple[State, Event], Step]:
    table = {
        (State.NONE, Event.START): Step(State.AT_PROVIDER, Cookie.REPLACE),
        (State.NONE, Event.START_FAILS): Step(State.FAILED, Cookie.REPLACE),
        (State.NONE, Event.COLLECT): Step(State.NONE, Cookie.KEEP),
        #
        (State.AT_PROVIDER, Event.CLAIM): Step(State.CLAIMED, Cookie.KEEP),
        (State.AT_PROVIDER, Event.USER_DENIES): Step(State.DENIED, Cookie.REPLACE),
        (State.AT_PROVIDER, Event.PROVIDER_REFUSES): Step(State.FAILED, Cookie.REPLACE),
        (State.AT_PROVIDER, Event.SESSION_CHANGED): Step(State.FAILED, Cookie.REPLACE),
        (State.AT_PROVIDER, Event.TIME_IS_UP): Step(State.EXPIRED, Cookie.KEEP),
        (State.EXPIRED, Event.CALLBACK_TOO_LATE): Step(State.EXPIRED, Cookie.REPLACE),
        #
        (State.CLAIMED, Event.OPEN_SESSION): Step(State.SIGNED_IN, Cookie.HAND_OVER),
        (State.CLAIMED, Event.ISSUE_CODE): Step(State.CODE_ISSUED, Cookie.CLEAR),
        (State.CLAIMED, Event.AWAIT_LINK): Step(State.LINK_WAITS, Cookie.REPLACE),
        (State.CLAIMED, Event.FAIL): Step(State.FAILED, Cookie.REPLACE),
        (State.CLAIMED, Event.INTERRUPT): Step(State.INTERRUPTED, Cookie.REPLACE),
        (State.CLAIMED, Event.ACCOUNT_GONE): Step(State.INTERRUPTED, Cookie.KEEP),
        (State.CLAIMED, Event.RESTART): Step(State.AT_PROVIDER, Cookie.REPLACE),
        (State.CLAIMED, Event.LEASE_LAPSES): Step(State.ABANDONED, Cookie.KEEP),
        (State.ABANDONED, Event.CLAIM): Step(State.CLAIMED, Cookie.KEEP),
        (State.ABANDONED, Event.EXCHANGES_SPENT): Step(State.VOIDED, Cookie.KEEP),
        #
        (State.LINK_WAITS, Event.ATTACH): Step(State.SIGNED_IN, Cookie.CLEAR),
        (State.LINK_WAITS, Event.ATTACH_FAILS): Step(State.FAILED, Cookie.CLEAR),
        (State.CODE_ISSUED, Event.REDEEM): Step(State.SIGNED_IN, Cookie.KEEP),
        (State.CODE_ISSUED, Event.MINUTE_PASSES): Step(State.CODE_LAPSED, Cookie.KEEP),
        #
        (State.SIGNED_IN, Event.COLLECT): Step(State.SIGNED_IN, Cookie.CLEAR),
        (State.SIGNED_IN, Event.SESSION_ENDS): Step(State.SESSION_OVER, Cookie.KEEP),
        (State.SIGNED_IN, Event.SIGN_OUT): Step(State.SESSION_OVER, Cookie.CLEAR),
    }
    under_way = (State.AT_PROVIDER, State.CLAIMED, State.ABANDONED, State.LINK_WAITS, State.CODE_ISSUED)
    for state in under_way:
        table[state, Event.SIGN_OUT] = Step(State.VOIDED, Cookie.CLEAR)
    for state in State:
        # An interrupted login whose claim is not voided can still be taken over by its callback: it keeps its cookie.
        waits = STATES[state].status in ("waiting", "finishing") or state is State.ABANDONED
        table.setdefault((state, Event.COLLECT), Step(state, Cookie.KEEP if waits else Cookie.CLEAR))
        if state not in (State.NONE, State.AT_PROVIDER):
            # Another delivery may have restarted the login in this cookie, and the page learns the end from the claim.
            table[state, Event.CALLBACK_AGAIN] = Step(state, Cookie.KEEP)
    table[State.SIGNED_IN, Event.CALLBACK_AGAIN] = Step(State.SIGNED_IN, Cookie.HAND_OVER)
    table[State.CODE_ISSUED, Event.CALLBACK_AGAIN] = Step(State.CODE_ISSUED, Cookie.CLEAR)
    table[State.LINK_WAITS, Event.CALLBACK_AGAIN] = Step(State.LINK_WAITS, Cookie.REPLACE)
    return table


TRANSITIONS: Mapping[tuple[State, Event], Step] = _transitions()


def after(state: State, event: Event) -> Step:
    """Where an event leads from a state.

    Args:
        state: the state before.
        event: what happens.

    Returns:
        The next state, and what happens to the login's cookie.

    Raises:
        KeyError: this cannot happen in this state.
    """
    return TRANSITIONS[state, event]


def state_of(login: SealedLogin | None, claim: Claim | None, now: float) -> State:
    """The state of a login.

    Args:
        login: what is sealed in its cookie; None if there is nothing.
        claim: of an attempt; None if there is none, or what is sealed is no attempt.
        now: seconds since 1970, by this server's clock.
    """
    if login is None:
        return State.NONE
    if isinstance(login, LoginFailure):
        return state_of_error(login.error_code)
    if isinstance(login, PendingLink):
        return State.LINK_WAITS
    if claim is not None:
        return state_of_claim(claim)
    return State.EXPIRED if now - login.began_at > ATTEMPT_SECONDS else State.AT_PROVIDER


def state_of_claim(claim: Claim) -> State:
    """The state of a login that has been claimed."""
    if claim.state == "claimed":
        return State.ABANDONED if claim.lapsed else State.CLAIMED
    if claim.state == "failed":
        return state_of_error(error_code_of(claim))
    if claim.state == "burnt":
        return State.VOIDED
    if not claim.handed_off:
        return State.SIGNED_IN
    return State.CODE_LAPSED if claim.one_time_code_lapsed else State.CODE_ISSUED


def state_of_error(error_code: str) -> State:
    """The state of a login that ended with an error."""
    return _ENDS.get(error_code, State.FAILED)


_ENDS = {Denied.code: State.DENIED, Expired.code: State.EXPIRED, Interrupted.code: State.INTERRUPTED}


def error_code_of(claim: Claim) -> str:
    """The error code of a claim that has failed."""
    return claim.error_code or Interrupted.code


def status_of(state: State, *, by_verifier: bool = False) -> Status:
    """The public status of a state.

    Args:
        state: the state.
        by_verifier: the page presents its verifier instead of the login's cookie.
    """
    facts = STATES[state]
    return facts.by_verifier if by_verifier and facts.by_verifier is not None else facts.status


def status_of_error(error_code: str) -> Status:
    """The public status of a login that ended with this error."""
    return status_of(state_of_error(error_code))


def error_of(status: Status, claim: Claim | None) -> ValetkeyError | None:
    """The error that belongs to a public status. None if the login is under way or has ended well.

    Args:
        status: the public status.
        claim: the login's claim, which records the error if it failed. None if there is no claim.
    """
    if claim is not None and claim.state == "failed":
        return error_by_code(error_code_of(claim))
    if status == "interrupted":
        return Interrupted()
    return Expired() if status == "expired" else None
