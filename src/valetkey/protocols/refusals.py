"""The error that a provider's refusal means.

It depends on the status, the numeric code and the kind of the body, and never on English words: providers translate
them.
"""

from __future__ import annotations

import re

from ..errors import (
    AppNotAllowed,
    CallbackNotApproved,
    ClockOff,
    Denied,
    Intercepted,
    ProviderBusy,
    ProviderError,
    ProviderRefused,
    ProviderRefusedKeys,
    ProviderReplyInvalid,
    ProviderUnavailable,
    SuspendedAtProvider,
    ValetkeyError,
)
from .grammar import number
from .http import HttpResponse
from .replies import EXAMINED_BYTES, Step, code_of, is_foreign, kind_of, seconds_of, summary

CHECK_ISSUER = "Check the issuer in the app's settings."

# X's codes: "Response codes" in its documentation of version 1.1.
_KEYS = frozenset({32, 99, 215})
_CLOCK = frozenset({135})
_CALLBACK = frozenset({415, 417})
_APP = frozenset({416, 453})
_SUSPENDED = frozenset({64, 326})

# The OAuth Problem Reporting extension; Flickr, SmugMug, Yahoo's libraries and Jira speak it. A problem that is not
# listed is judged by the status alone.
_PROBLEM = re.compile(r'oauth_problem="?([a-z_]{1,40})')
_PROBLEMS: dict[str, type[ProviderError]] = {
    "timestamp_refused": ClockOff,
    "consumer_key_unknown": ProviderRefusedKeys,
    "consumer_key_rejected": ProviderRefusedKeys,
    "consumer_key_refused": AppNotAllowed,
    "signature_invalid": ProviderRefusedKeys,
    "additional_authorization_required": AppNotAllowed,
    # The request is not one that the provider takes: the record says another version, method or parameter.
    "version_rejected": ProviderRefused,
    "signature_method_rejected": ProviderRefused,
    "parameter_absent": ProviderRefused,
    "parameter_rejected": ProviderRefused,
    # What the callback brought is not to be used, or a request came twice.
    "nonce_used": ProviderRefused,
    "token_used": ProviderRefused,
    "token_expired": ProviderRefused,
    "token_revoked": ProviderRefused,
    "token_rejected": ProviderRefused,
    "permission_unknown": ProviderRefused,
}
_REFUSED_BY_USER = frozenset({"user_refused", "permission_denied"})
_CALLBACK_PARAMETER = re.compile(r"oauth_parameters_(?:rejected|absent)=\"?oauth_callback")

# Version 2 has words in the place of numbers: RFC 9457's "type", and a reason.
_APP_WORDS = re.compile(
    rb'"reason"[ \t\r\n]*:[ \t\r\n]*"client-not-enrolled"|problems\\?/(?:client-forbidden|credits|usage-capped)"'
)

_DEFAULT_RETRY_SECONDS = 15  # where a provider asks to wait and does not say how long


def refusal(
    response: HttpResponse, *, step: Step, callback_url: str | None = None, counts_as: int | None = None
) -> ValetkeyError:
    """Choose the error for a refusal by its status, its numeric code and the kind of its body.

    Args:
        response: the reply.
        step: what was asked for.
        callback_url: the one that was sent, for the hint. It is the app's own setting.
        counts_as: the status that it means, if it is not the one that it has.

    Returns:
        The error to raise.
    """
    status, facts = counts_as or response.status, summary(response, step)
    foreign = is_foreign(response)
    if status == 429:
        return ProviderBusy(f"{facts} {ProviderBusy.hint}", retry_after_seconds=_retry_after(response))
    if status >= 500:
        return ProviderUnavailable(f"{facts} {Intercepted.hint}" if foreign else facts)
    kind = _by_code(response, step)
    if kind is CallbackNotApproved:
        sent = f"The callback URL that was sent is {callback_url} (to the letter)." if callback_url else ""
        return CallbackNotApproved(" ".join(filter(None, (facts, sent, CallbackNotApproved.hint))))
    if kind is ProviderRefused:
        return ProviderRefused(f"{facts} It says oauth_problem={problem_in(response)}. {_fix(step)}")
    if kind is not None:
        return kind(f"{facts} {kind.hint}")
    if foreign:
        return Intercepted(f"{facts} {Intercepted.hint}")
    if status in (400, 401, 403) and step == "access_token":
        return ProviderRefused(f"{facts} {ProviderRefused.hint}")
    if status == 401 and step == "request_token":
        return ProviderRefusedKeys(f"{facts} {ProviderRefusedKeys.hint}")
    if status in (400, 401, 403) or (status == 404 and step == "profile"):
        return ProviderRefused(f"{facts} {_fix(step)}")
    return ProviderReplyInvalid(f"{facts} Only 200 and 201 are successes, and no redirect is followed. {_fix(step)}")


def _fix(step: Step) -> str:
    """Where a developer looks after a refusal."""
    if step == "access_token":
        return ProviderRefused.hint
    if step in ("metadata", "keys"):  # which need no keys of the app's
        return CHECK_ISSUER
    return "See the app's settings with the provider."


def _by_code(response: HttpResponse, step: Step) -> type[ValetkeyError] | None:
    """The error for the reply's own code, if it has a known one."""
    number = code_of(response)
    if number in _KEYS:
        return ProviderRefusedKeys
    if number in _CLOCK:
        return ClockOff
    if number in _APP or (response.status == 402 and kind_of(response) != "HTML"):
        return AppNotAllowed
    if number in _SUSPENDED and step != "request_token":  # no user is known yet at the start
        return SuspendedAtProvider
    if number in _CALLBACK or (step == "request_token" and _wants_oob(response)):
        return CallbackNotApproved
    if kind_of(response) == "JSON" and _APP_WORDS.search(response.body[:EXAMINED_BYTES]):
        return AppNotAllowed
    problem = problem_in(response)
    if problem in _REFUSED_BY_USER and step == "access_token":  # no user is known yet at the start
        return Denied
    if step == "request_token" and problem is not None and _CALLBACK_PARAMETER.search(_problem_report(response)):
        return CallbackNotApproved
    return _PROBLEMS.get(problem or "")


def problem_in(response: HttpResponse) -> str | None:
    """The word of the OAuth Problem Reporting extension, from the ``WWW-Authenticate`` header or from a form. None
    where there is none."""
    found = _PROBLEM.search(_problem_report(response))
    return found[1] if found is not None else None


def _problem_report(response: HttpResponse) -> str:
    """Where the extension's parameters are: the header, or a form that begins with the problem."""
    header = response.headers.get("www-authenticate", "")
    if _PROBLEM.search(header):
        return header
    if not response.body.startswith(b"oauth_problem"):
        return ""
    form = response.body[:EXAMINED_BYTES].decode("latin-1") if kind_of(response) == "form" else ""
    return form if _PROBLEM.match(form) else ""


def _wants_oob(response: HttpResponse) -> bool:
    """X's answer to a callback URL of an app that is registered as a native one, or without a callback. It has no
    number; the two names are the protocol's own and stay the same in every language."""
    body = response.body[:EXAMINED_BYTES]
    return kind_of(response) != "HTML" and b"oauth_callback" in body and b"'oob'" in body


def _retry_after(response: HttpResponse) -> int:
    """Seconds to wait after a 429, between 1 and 900; 15 where the provider does not say. RFC 9110 §10.2.3, and X's
    ``x-rate-limit-reset``, which is a time by the provider's own clock, as is the reply's ``Date``."""
    after = number(response.headers.get("retry-after", ""), 11)
    reset = number(response.headers.get("x-rate-limit-reset", ""), 11)
    if after is not None:
        return min(max(after, 1), 900)
    now = seconds_of(response.headers.get("date", ""))
    if reset is None or now is None:
        return _DEFAULT_RETRY_SECONDS
    return min(max(reset - int(now), 1), 900)
