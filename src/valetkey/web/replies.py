"""Answers with the headers that every answer of ours has, said explicitly: a framework's middleware fills in what is
left unsaid (Django's adds ``Cross-Origin-Opener-Policy: same-origin``, which would sever the popup)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable

from ..errors import MethodNotAllowed, ProviderError, SettingsError, StoreError, TooManyStarts, ValetkeyError
from ..models import Account
from . import pages
from .http import Incoming, Reply

Headers = Iterable[tuple[str, str]]

log = logging.getLogger("valetkey")

_AS_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_ALWAYS = (
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "unsafe-none"),
)


def json_reply(status: int, value: object, headers: Headers = ()) -> Reply:
    body = _AS_JSON(value).encode()
    return Reply(status=status, headers=(*_ALWAYS, ("content-type", "application/json"), *headers), body=body)


def page_reply(status: int, html: str, headers: Headers = (), *, script_hash: str | None = None) -> Reply:
    """``script_hash`` allows one script inside the page, known to the byte."""
    kind = ("content-type", "text/html; charset=utf-8")
    policy = ("content-security-policy", pages.policy(script_hash))
    return Reply(status=status, headers=(*_ALWAYS, kind, policy, *headers), body=html.encode())


def empty_reply(status: int, headers: Headers = ()) -> Reply:
    return Reply(status=status, headers=(*_ALWAYS, *headers))


def redirect_reply(location: str, headers: Headers = ()) -> Reply:
    """Always 303: whatever came, a GET follows. RFC 9110 §15.4.4."""
    return empty_reply(303, (("location", location), *headers))


def wants_page(incoming: Incoming) -> bool:
    return any("text/html" in value for name, value in incoming.headers if name == "accept")


def error_reply(
    incoming: Incoming, error: ValetkeyError, shown_by: pages.Pages, headers: Headers = (), *, back: str | None = None
) -> Reply:
    """An error with its own status: a page for whoever reads pages, else JSON."""
    extra = [*headers, *error_headers(error)]
    if wants_page(incoming):
        return page_reply(error.status, shown_by.failed(error, back=back), extra)
    return json_reply(error.status, {"error": error_body(error)}, extra)


def error_headers(error: ValetkeyError) -> list[tuple[str, str]]:
    headers = []
    if error.retry_after_seconds is not None:
        headers.append(("retry-after", str(error.retry_after_seconds)))
    if error.status == 401:
        headers.append(("www-authenticate", "Bearer"))
    if isinstance(error, MethodNotAllowed) and error.allowed:
        headers.append(("allow", ", ".join(error.allowed)))
    return headers


def error_body(error: ValetkeyError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "hint": error.hint}


def account_body(account: Account) -> dict[str, object]:
    """An account as JSON: what ``/api/me`` answers too."""
    return {
        "id": account.id,
        "name": account.name,
        "picture": account.picture,
        "identities": [
            {
                "provider": one.provider,
                "subject": one.subject,
                "handle": one.handle,
                "name": one.name,
                "picture": one.picture,
            }
            for one in account.identities
        ],
    }


def note(error: ValetkeyError) -> None:
    """For the developer: the cause, never a value. What a person or an attacker causes is not worth a warning."""
    if isinstance(error, TooManyStarts):
        return  # ``starts`` counts them and logs one line a minute: a line for each would flood the log
    loud = isinstance(error, (ProviderError, StoreError, SettingsError))
    log.log(logging.WARNING if loud else logging.INFO, "%s: %s", error.code, error.hint)
