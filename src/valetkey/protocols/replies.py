"""Reads a provider's reply: the kind of its body, its numeric code, and the error that a refusal means.

The error depends on the status, the numeric code and the kind of the body, and never on English words: providers
translate them. Hints have these three facts and no other part of the reply.
"""

from __future__ import annotations

import re
from calendar import timegm
from email.utils import parsedate_to_datetime
from typing import Literal

from ..errors import (
    AppNotAllowed,
    CallbackNotApproved,
    ClockOff,
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
from .grammar import lower, number
from .http import HttpResponse
from .strict_json import parse_json

Step = Literal["request_token", "access_token", "profile", "metadata", "keys"]
Kind = Literal["no body", "form", "JSON", "XML", "HTML", "text"]

# X's codes: "Response codes" in its documentation of version 1.1.
_KEYS = frozenset({32, 99, 215})
_CLOCK = frozenset({135})
_CALLBACK = frozenset({415, 417})
_APP = frozenset({416, 453})
_SUSPENDED = frozenset({64, 326})

# The OAuth Problem Reporting extension; Flickr, Yahoo's libraries and Jira speak it.
_PROBLEM = re.compile(r'oauth_problem="?([a-z_]{1,40})')
_PROBLEMS: dict[str, type[ProviderError]] = {
    "timestamp_refused": ClockOff,
    "consumer_key_unknown": ProviderRefusedKeys,
    "consumer_key_rejected": ProviderRefusedKeys,
    "consumer_key_refused": AppNotAllowed,
    "signature_invalid": ProviderRefusedKeys,
}

_HEADER_CODE = re.compile(r"api_error_code=([0-9]{1,4})(?![0-9])")
_JSON_CODE = re.compile(rb'"code"[ \t\r\n]*:[ \t\r\n]*([0-9]{1,4})(?![0-9.eE])')
_XML_CODE = re.compile(rb"""\bcode=["']([0-9]{1,4})["']""")
# Version 2 has words in the place of numbers: RFC 9457's "type", and a reason.
_APP_WORDS = re.compile(
    rb'"reason"[ \t\r\n]*:[ \t\r\n]*"client-not-enrolled"|problems\\?/(?:client-forbidden|credits|usage-capped)"'
)
_FORM = re.compile(rb"[A-Za-z0-9_.\-~%]+=[^ \t\r\n<>]*[\r\n]*")
_HTML = re.compile(rb"<(?:!doctype[ \t\r\n]+html|html|head|body|title|script|center|h[1-6]|div|p)\b", re.IGNORECASE)
_EXAMINED_BYTES = 2000

_DEFAULT_RETRY_SECONDS = 15  # where a provider asks to wait and does not say how long


def kind_of(response: HttpResponse) -> Kind:
    """The kind of a body, from its bytes: X sends forms and plain text as ``text/html``."""
    body = response.body[:_EXAMINED_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if not body:
        return "no body"
    if body[:1] in (b"{", b"["):
        return "JSON"
    if body[:1] == b"<":
        return "HTML" if _HTML.search(body) else "XML"
    return "form" if _FORM.fullmatch(body) else "text"


def code_of(response: HttpResponse) -> int | None:
    """X's numeric code, from the header, JSON (``"code":32``) or XML (``code="415"``); None where there is none."""
    header = _HEADER_CODE.search(response.headers.get("www-authenticate", ""))
    if header is not None:
        return int(header[1])
    pattern = {"JSON": _JSON_CODE, "XML": _XML_CODE}.get(kind_of(response))
    hit = pattern.search(response.body[:_EXAMINED_BYTES]) if pattern is not None else None
    return int(hit[1]) if hit is not None else None


def summary(response: HttpResponse, step: Step) -> str:
    """A sentence for logs and hints: status, numeric code and kind of body, and nothing else of the reply."""
    code, kind = code_of(response), kind_of(response)
    facts = ([f"code {code}"] if code is not None else []) + [kind if kind == "no body" else f"{kind} body"]
    return f"{step} was answered with status {response.status} ({', '.join(facts)})."


def is_foreign(response: HttpResponse) -> bool:
    """Whether something between this server and the provider sent the reply: a proxy, a firewall, a captive portal.

    These answer with HTML. An OAuth challenge (RFC 5849 §3) shows that the provider itself sent the page.
    """
    if response.status in (407, 511):  # RFC 9110 §15.5.8, RFC 6585 §6: by definition not the origin server
        return True
    challenge = lower(response.headers.get("www-authenticate", "")[:5]) == "oauth"
    return kind_of(response) == "HTML" and not challenge


def unusable(response: HttpResponse, step: Step, due: str) -> ProviderReplyInvalid:
    """The error for a reply that is not what the protocol asks for.

    Args:
        response: the reply.
        step: what was asked for.
        due: what the protocol asks for, such as "a form".
    """
    if is_foreign(response):
        return Intercepted(f"{summary(response, step)} {Intercepted.hint}")
    return ProviderReplyInvalid(f"{summary(response, step)} The protocol asks for {due}.")


def read_json(response: HttpResponse, *, step: Step) -> dict[str, object]:
    """Read a JSON object with status 200.

    Raises:
        ProviderError, SuspendedAtProvider: as ``read_json_value``, or it is another JSON value.
    """
    value = read_json_value(response, step=step)
    if not isinstance(value, dict):
        raise unusable(response, step, "one JSON object")
    return value


def read_json_value(response: HttpResponse, *, step: Step) -> object:
    """Read a JSON value with status 200.

    Raises:
        ProviderError, SuspendedAtProvider: refused, unavailable, or not JSON with one reading (``strict_json``).
    """
    if response.status != 200:
        raise refusal(response, step=step)
    try:
        return parse_json(response.body)
    except ValueError:
        raise unusable(response, step, "JSON") from None


def refusal(response: HttpResponse, *, step: Step, callback_url: str | None = None) -> ValetkeyError:
    """Choose the error for a refusal by its status, its numeric code and the kind of its body.

    Args:
        response: the reply.
        step: what was asked for.
        callback_url: the one that was sent, for the hint. It is the app's own setting.

    Returns:
        The error to raise.
    """
    status, facts = response.status, summary(response, step)
    foreign = is_foreign(response)
    if status == 429:
        return ProviderBusy(f"{facts} {ProviderBusy.hint}", retry_after_seconds=_retry_after(response))
    if status >= 500:
        return ProviderUnavailable(f"{facts} {Intercepted.hint}" if foreign else facts)
    kind = _by_code(response, step)
    if kind is CallbackNotApproved:
        sent = f"The callback URL that was sent is {callback_url} (to the letter)." if callback_url else ""
        return CallbackNotApproved(" ".join(filter(None, (facts, sent, CallbackNotApproved.hint))))
    if kind is not None:
        return kind(f"{facts} {kind.hint}")
    if foreign:
        return Intercepted(f"{facts} {Intercepted.hint}")
    if status in (400, 401, 403) and step == "access_token":
        return ProviderRefused(f"{facts} {ProviderRefused.hint}")
    if status == 401 and step == "request_token":
        return ProviderRefusedKeys(f"{facts} {ProviderRefusedKeys.hint}")
    fix = "See the app's settings with the provider."
    if step in ("metadata", "keys"):  # which need no keys of the app's
        fix = "Check the issuer in the app's settings."
    if status in (400, 401, 403) or (status == 404 and step == "profile"):
        return ProviderRefused(f"{facts} {fix}")
    return ProviderReplyInvalid(f"{facts} Only 200 and 201 are successes, and no redirect is followed. {fix}")


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
    body = response.body[:_EXAMINED_BYTES]
    if kind_of(response) == "JSON" and _APP_WORDS.search(body):
        return AppNotAllowed
    form = body.decode("latin-1") if kind_of(response) == "form" else ""
    problem = _PROBLEM.search(response.headers.get("www-authenticate", "")) or _PROBLEM.match(form)
    return _PROBLEMS.get(problem[1]) if problem is not None else None


def _wants_oob(response: HttpResponse) -> bool:
    """X's answer to a callback URL of an app that is registered as a native one, or without a callback. It has no
    number; the two names are the protocol's own and stay the same in every language."""
    body = response.body[:_EXAMINED_BYTES]
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


def seconds_of(date: str) -> float | None:
    """A reply's ``Date``, in seconds since 1970. RFC 9110 §5.6.7, §6.6.1.

    Args:
        date: the field. Its numbers are the sender's, and may have any length.

    Returns:
        The time. None if it is none.
    """
    try:
        # A time with "-0000" has no zone in Python, and is in UTC (RFC 5322 §3.3). So is what utctimetuple makes of it.
        return float(timegm(parsedate_to_datetime(date).utctimetuple()))
    except (ValueError, TypeError, OverflowError):
        return None
