"""Is a login finished only by the browser that began it, with what the provider gave for it?"""

from __future__ import annotations

from collections.abc import Iterator

from ..control import Callback
from .candidate import Candidate, Seen
from .check import Check, Note
from .visiting import query_of, with_query

_EVIL = "https://evil.example"
_UNKNOWN = "x" * 22

UNBOUND = Note(
    "This provider ties a code to its login by state and by the cookie alone. A code that an attacker puts into a "
    "login of their own cannot be detected."
)
UNSEEN = Note("Without a nonce, the code of another user cannot be detected at a provider that does not check PKCE.")


def _request(candidate: Candidate) -> str:
    """The parameter that finds the login again."""
    return "oauth_token" if candidate.is_oauth1 else "state"


def _grant(candidate: Candidate) -> str:
    return "oauth_verifier" if candidate.is_oauth1 else "code"


def finds_its_login(candidate: Candidate) -> Iterator[str]:
    """The callback names no login, or one that there is not."""
    for what, value in (("another", _UNKNOWN), ("no", None)):
        browser = candidate.app.browser()
        callback = candidate.approved(candidate.started(browser))
        candidate.asked()
        seen = candidate.seen(browser.come_back(with_query(callback, **{_request(candidate): value})))
        yield from _must_be_refused(seen, f"A callback with {what} {_request(candidate)}", asks=False)


def belongs_to_its_browser(candidate: Candidate) -> Iterator[str]:
    """The callback arrives in another browser, which has a login of its own."""
    browser, other = candidate.app.browser(), candidate.app.browser()
    callback = candidate.approved(candidate.started(browser))
    candidate.started(other)
    candidate.asked()
    seen = candidate.seen(other.come_back(callback))
    yield from _must_be_refused(seen, f"The {_request(candidate)} of another browser's login", asks=False)


def mixes_no_logins(candidate: Candidate) -> Iterator[str]:
    """A browser has two logins, and the grant of one comes with the other's name."""
    if not candidate.binds_code:
        yield UNBOUND
        return
    browser = candidate.app.browser()
    first = candidate.approved(candidate.started(browser), "first")
    second = candidate.approved(candidate.started(browser), "second")
    seen = candidate.seen(browser.come_back(_crossed(candidate, first, second)))
    yield from _must_be_refused(seen, f"The {_grant(candidate)} of another login of this browser", asks=True)


def takes_no_stolen_grant(candidate: Candidate) -> Iterator[str]:
    """The grant of another user's login is put into one's own, at a strict provider."""
    if not candidate.binds_code:
        yield UNBOUND
        return
    browser, other = candidate.app.browser(), candidate.app.browser()
    mine = candidate.approved(candidate.started(browser), "first")
    theirs = candidate.approved(candidate.started(other), "second")
    seen = candidate.seen(browser.come_back(_crossed(candidate, mine, theirs)))
    yield from _must_be_refused(seen, f"The {_grant(candidate)} of another user's login", asks=True)


def takes_no_stolen_grant_either(candidate: Candidate) -> Iterator[str]:
    """The same at a provider that checks nothing. Only a nonce shows it then."""
    if not candidate.checks_nonce:
        if not candidate.is_oauth1:
            yield UNSEEN
        return
    with candidate.lenient(pkce="ignored"):
        browser, other = candidate.app.browser(), candidate.app.browser()
        mine = candidate.approved(candidate.started(browser), "first")
        theirs = candidate.approved(candidate.started(other), "second")
        seen = candidate.seen(browser.come_back(_crossed(candidate, mine, theirs)))
    yield from _must_be_refused(
        seen, "An ID token of another user's login, from a provider that ignores PKCE", asks=True
    )


def knows_its_issuer(candidate: Candidate) -> Iterator[str]:
    """The callback comes from another issuer (RFC 9207)."""
    if candidate.is_oauth1 or not candidate.knows_issuer:
        return
    browser = candidate.app.browser()
    callback = candidate.approved(candidate.started(browser))
    candidate.asked()
    seen = candidate.seen(browser.come_back(with_query(callback, iss=_EVIL)))
    yield from _must_be_refused(seen, "A callback of another issuer", asks=False)


def _crossed(candidate: Candidate, mine: Callback, theirs: Callback) -> Callback:
    name = _grant(candidate)
    return with_query(mine, **{name: query_of(theirs)[name]})


def _must_be_refused(seen: Seen, what: str, *, asks: bool) -> Iterator[str]:
    if seen.outcome.landed:
        yield f"{what} signed a user in."
    elif not asks and any(one["endpoint"] in ("token", "access_token") for one in seen.journal):
        yield f"{what} was sent to the provider, and must be refused before."


_PKCE = "the core, and whether the provider checks PKCE"
CHECKS = (
    Check("a callback must name its login", finds_its_login, "the core"),
    Check("a callback belongs to its browser", belongs_to_its_browser, "the core"),
    Check("two logins of one browser are not mixed", mixes_no_logins, _PKCE),
    Check("the code of another user is refused", takes_no_stolen_grant, _PKCE),
    Check("the ID token of another user is refused", takes_no_stolen_grant_either, "returns_nonce"),
    Check("a callback of another issuer is refused", knows_its_issuer, "issuer"),
)
