"""Builds replies with the headers that each of our replies has.

Every header is set explicitly, because a framework's middleware adds what is missing. Django's, for example, adds
``Cross-Origin-Opener-Policy: same-origin``, which would sever the popup.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable

from ..errors import (
    ClassicCrossOrigin,
    ForeignOrigin,
    MethodNotAllowed,
    Misconfigured,
    NoAuthorizeLine,
    ProviderError,
    SettingsError,
    StoreError,
    TooManyStarts,
    UnlistedPage,
    ValetkeyError,
    WrongHost,
)
from ..models import Account
from . import pages
from .http import Incoming, Reply
from .once_per_minute import OncePerMinute, more

Headers = Iterable[tuple[str, str]]

log = logging.getLogger("valetkey")

_refused_pages = OncePerMinute()
_to_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_COMMON_HEADERS = (
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "unsafe-none"),
)
_JSON_KIND = ("content-type", "application/json")
_PAGE_KIND = ("content-type", "text/html; charset=utf-8")
_PAGE_POLICY = ("content-security-policy", pages.policy())
CONSTANT_HEADERS = (*_COMMON_HEADERS, _JSON_KIND, _PAGE_KIND, _PAGE_POLICY, ("vary", "Origin"))
"""Headers that many replies have. An adapter may encode them once."""


def json_reply(status: int, value: object, headers: Headers = ()) -> Reply:
    """Return a reply with a JSON body."""
    body = _to_json(value).encode()
    return Reply(status=status, headers=(*_COMMON_HEADERS, _JSON_KIND, *headers), body=body)


def page_reply(status: int, html: str, headers: Headers = (), *, script_hash: str | None = None) -> Reply:
    """Return a reply with a page.

    Args:
        status: of HTTP.
        html: the page.
        headers: more headers.
        script_hash: the SHA-256, in base64, of the one inline script that the page may run.
    """
    policy = _PAGE_POLICY if script_hash is None else ("content-security-policy", pages.policy(script_hash))
    return Reply(status=status, headers=(*_COMMON_HEADERS, _PAGE_KIND, policy, *headers), body=html.encode())


def empty_reply(status: int, headers: Headers = ()) -> Reply:
    """Return a reply without a body."""
    return Reply(status=status, headers=(*_COMMON_HEADERS, *headers))


def redirect_reply(location: str, headers: Headers = ()) -> Reply:
    """Return a 303, which a browser follows with GET whatever the method was. RFC 9110 §15.4.4.

    The address always has a fragment, if only an empty one. A browser gives the fragment of the address before a
    redirect to the address after it, unless that one has its own (RFC 9110 §10.2.2). So a provider's answer in the
    fragment of a callback, such as ``#code=…``, would stay in the address bar of the next page, which may be the
    app's. An attacker can make a provider answer there (``response_mode=fragment``).
    """
    return empty_reply(303, (("location", with_fragment(location)), *headers))


def with_fragment(address: str) -> str:
    """Return the address with a fragment, if only an empty one."""
    return address if "#" in address else f"{address}#"


def wants_page(incoming: Incoming) -> bool:
    """Return whether the client accepts HTML. Errors are pages then, and JSON otherwise."""
    return any("text/html" in value for value in incoming.header_values("accept"))


def error_reply(
    incoming: Incoming, error: ValetkeyError, templates: pages.Pages, headers: Headers = (), *, back: str | None = None
) -> Reply:
    """Return an error with its status, as a page or as JSON.

    Args:
        incoming: the request, whose Accept header decides.
        error: its code, message and hint are shown.
        templates: the pages of the app.
        headers: more headers.
        back: where the page's link leads; None for a page that closes.
    """
    extra = [*headers, *error_headers(error)]
    if wants_page(incoming):
        return page_reply(error.status, templates.failed(error, back=back), extra)
    return json_reply(error.status, {"error": error_body(error)}, extra)


def error_for_script(error: ValetkeyError, headers: Headers = (), *, go_to: str | None = None) -> Reply:
    """Return an error as JSON.

    Args:
        error: its code, message and hint are in it.
        headers: more headers.
        go_to: where the script's window goes on to. None if it stays.
    """
    body: dict[str, object] = {"error": error_body(error)}
    if go_to is not None:
        body["go_to"] = with_fragment(go_to)
    return json_reply(error.status, body, [*headers, *error_headers(error)])


def error_headers(error: ValetkeyError) -> list[tuple[str, str]]:
    """Return the headers that belong to an error: Retry-After, WWW-Authenticate, Allow."""
    headers = []
    if error.retry_after_seconds is not None:
        headers.append(("retry-after", str(error.retry_after_seconds)))
    if error.status == 401:
        headers.append(("www-authenticate", "Bearer"))
    if isinstance(error, MethodNotAllowed) and error.allowed:
        headers.append(("allow", ", ".join(error.allowed)))
    return headers


def error_body(error: ValetkeyError) -> dict[str, object]:
    """Return an error as JSON: ``code``, ``message`` and ``hint``; ``developer`` if the app's developer must act; and
    ``url`` if the page has another address, which the settings name."""
    body: dict[str, object] = {"code": error.code, "message": error.message, "hint": error.hint}
    if error.developer:
        body["developer"] = True
    if isinstance(error, WrongHost) and error.url is not None:
        body["url"] = error.url
    return body


def account_body(account: Account) -> dict[str, object]:
    """Return an account as JSON, as ``GET /auth/session`` answers it. Your own routes may use it, too."""
    return {
        "id": account.id,
        "handle": account.handle,
        "name": account.name,
        "picture": account.picture,
        "identities": [
            {
                "provider": one.provider,
                "subject": one.subject,
                "handle": one.handle,
                "name": one.name,
                "picture": one.picture,
                "email": one.email,
                "email_verified": one.email_verified,
            }
            for one in account.identities
        ],
    }


def log_error(error: ValetkeyError, provider: str | None = None) -> None:
    """Log the code and the hint, which contain no value of the request but a loopback origin.

    What users and attackers cause is logged as information, everything else as a warning. A page that is refused may be
    the app's own, at an address that the settings do not name, and then no login works: one warning a minute for each
    such cause.

    Args:
        error: what ended the request.
        provider: the name of the provider of a login that failed. It is one that the app has.
    """
    if isinstance(error, (TooManyStarts, Misconfigured)):
        return  # ``rate_limit`` and ``startup.once`` log one line a minute; a line for each would flood the log
    if isinstance(error, (ClassicCrossOrigin, ForeignOrigin, NoAuthorizeLine, UnlistedPage, WrongHost)):
        left_out = _refused_pages.count((error.code, type(error)))  # each cause has a class
        if left_out is not None:
            log.warning("%s: %s%s", error.code, error.hint, more(left_out))
        return
    is_warning = isinstance(error, (ProviderError, StoreError, SettingsError))
    level = logging.WARNING if is_warning else logging.INFO
    if provider is None:
        log.log(level, "%s: %s", error.code, error.hint)
    else:
        log.log(level, "%s: %s: %s", provider, error.code, error.hint)
