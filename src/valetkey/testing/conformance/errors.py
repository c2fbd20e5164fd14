"""Does each failure end as the error that names it?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from .candidate import Candidate, Seen
from .check import Check, Note
from .visiting import with_query
from .watching import leaves_of

_BY_BROWSER = ("authorize", "authenticate", "decide", "consent")
_DOCUMENTS = ("discovery", "keys")
_EXCHANGE = ("token", "access_token")
_PROFILE_ERRORS = ("provider_refused", "suspended_at_provider", "app_not_allowed", "provider_reply_invalid")
_PROSE = re.compile("description|message|detail|hint|uri|url|trace|reason|msg", re.IGNORECASE)
ANOTHER = "another0another0another0another0"
"""A code or a verifier that was never issued."""


def endpoints_after(candidate: Candidate) -> tuple[str, list[str]]:
    """Return the name of the endpoint of the exchange, and of those that are read after it."""
    asked = [one["endpoint"] for one in candidate.first.journal if one["endpoint"] not in _BY_BROWSER + _DOCUMENTS]
    exchange = next((one for one in asked if one in _EXCHANGE), "token")
    return exchange, list(dict.fromkeys(one for one in asked if one not in (*_EXCHANGE, "request_token")))


def names_wrong_keys(candidate: Candidate) -> Iterator[str]:
    """The app has another secret than the provider knows."""
    if not candidate.has_secret:
        return
    with candidate.with_wrong_keys() as app:
        seen = candidate.signs_in(app=app)
    if seen.outcome.error == "wrong_keys":
        return
    if seen.outcome.error == "provider_refused" and _wording(seen) == _wording(_with_unknown_code(candidate)):
        yield Note("The provider words a wrong secret and a wrong code alike, so both end as provider_refused.")
        return
    yield f"A wrong client secret must end as wrong_keys, so that the app's developer looks there. {seen.said()}"


def refuses_an_unknown_code(candidate: Candidate) -> Iterator[str]:
    """The callback has a code, or a verifier, that was never issued."""
    seen = _with_unknown_code(candidate)
    if seen.outcome.error != "provider_refused":
        yield f"A code or verifier that was never issued must end as provider_refused. {seen.said()}"


def refuses_a_used_code(candidate: Candidate) -> Iterator[str]:
    """The callback has a code, or a request token, that was used before."""
    browser = candidate.app.browser()
    seen = candidate.seen(browser.come_back(candidate.approved(candidate.started(browser), spent=True)))
    if seen.outcome.error != "provider_refused":
        yield f"A code or request token that was used before must end as provider_refused. {seen.said()}"


def names_an_outage(candidate: Candidate) -> Iterator[str]:
    """The exchange, and then each profile request, is answered with 503."""
    exchange, profiles = endpoints_after(candidate)
    for endpoint in (exchange, *profiles):
        with candidate.failing(endpoint, kind="status", status=503, body="down"):
            seen = candidate.signs_in()
        lands = endpoint != exchange and seen.outcome.account == candidate.first.outcome.account
        if seen.outcome.error != "provider_unavailable" and not lands:
            yield f"An outage of {endpoint} must end as provider_unavailable. {seen.said()}"


def names_a_refused_profile(candidate: Candidate) -> Iterator[str]:
    """The profile of a suspended user cannot be read."""
    seen = candidate.signs_in("suspended")
    if not seen.outcome.landed and seen.outcome.error not in _PROFILE_ERRORS:
        yield f"A profile that is refused must end as one of {', '.join(_PROFILE_ERRORS)}. {seen.said()}"


_WORDS = "how the provider words this error"


def _with_unknown_code(candidate: Candidate) -> Seen:
    browser = candidate.app.browser()
    callback = candidate.approved(candidate.started(browser))
    name = "oauth_verifier" if candidate.is_oauth1 else "code"
    candidate.asked()
    return candidate.seen(browser.come_back(with_query(callback, **{name: ANOTHER})))


def _wording(seen: Seen) -> list[object]:
    """The refusals of a login, without what only people read."""
    found: list[object] = []
    for one in seen.journal:
        text = one.get("refusal")
        if text is not None:
            found.append((one["endpoint"], one["status"], _without_prose(text)))
    return found


def _without_prose(text: str) -> object:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return [(path, one) for path, one in leaves_of(value) if not _PROSE.search(str(path[-1]))]


CHECKS = (
    Check(
        "a wrong secret ends as wrong_keys",
        names_wrong_keys,
        "client_authentication, and how the provider words this error",
    ),
    Check("an unknown code ends as provider_refused", refuses_an_unknown_code, _WORDS),
    Check("a used code ends as provider_refused", refuses_a_used_code, _WORDS),
    Check(
        "an outage ends as provider_unavailable",
        names_an_outage,
        "the function that reads the user: it may raise ProviderReplyInvalid alone",
    ),
    Check("a refused profile ends as a named error", names_a_refused_profile, _WORDS),
)
