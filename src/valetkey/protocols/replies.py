"""What a provider's reply is: the kind of its body, and its numeric code.

Hints have these two, the status, and no other part of the reply.
"""

from __future__ import annotations

import re
from typing import Literal

from ..errors import Intercepted, ProviderReplyInvalid
from .grammar import lower
from .http import HttpResponse

Step = Literal["request_token", "access_token", "profile", "metadata", "keys"]
Kind = Literal["no body", "form", "JSON", "XML", "HTML", "text"]

EXAMINED_BYTES = 2000
"""How much of a body is looked at."""

_HEADER_CODE = re.compile(r"api_error_code=([0-9]{1,4})(?![0-9])")
_JSON_CODE = re.compile(rb'"code"[ \t\r\n]*:[ \t\r\n]*([0-9]{1,4})(?![0-9.eE])')
_XML_CODE = re.compile(rb"""\bcode=["']([0-9]{1,4})["']""")
_FORM = re.compile(rb"[A-Za-z0-9_.\-~%]+=[^ \t\r\n<>]*[\r\n]*")
_HTML = re.compile(rb"<(?:!doctype[ \t\r\n]+html|html|head|body|title|script|center|h[1-6]|div|p)\b", re.IGNORECASE)


def kind_of(response: HttpResponse) -> Kind:
    """The kind of a body, from its bytes: X sends forms and plain text as ``text/html``."""
    body = response.body[:EXAMINED_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
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
    hit = pattern.search(response.body[:EXAMINED_BYTES]) if pattern is not None else None
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


def seconds_of(date: str) -> float | None:
    """A reply's ``Date``, in seconds since 1970. RFC 9110 §5.6.7, §6.6.1.

    Args:
        date: the field. Its numbers are the sender's, and may have any length.

    Returns:
        The time. None if it is none.
    """
    # Here, because they take long to import and are rarely needed.
    from calendar import timegm
    from email.utils import parsedate_to_datetime

    try:
        # A time with "-0000" has no zone in Python, and is in UTC (RFC 5322 §3.3). So is what utctimetuple makes of it.
        return timegm(parsedate_to_datetime(date).utctimetuple())
    except (ValueError, TypeError, OverflowError):
        return None
