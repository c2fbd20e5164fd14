"""What a browser sends to sign in and out, as conversations.

A conversation is a generator that yields requests and is sent responses. It is written once and runs with any client,
sync or async. It starts the login as a page of the app does, follows the callback with its cookies, and collects the
session. Only the approval skips its page: the sandbox's control approves.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

from ..models import Account, Identity
from .approving import approve, read_start
from .clients import ClientAdapter, Request, Response, redirects_to_https
from .control import Callback, Control
from .failures import SignInFailed, failure, json_of

Result = TypeVar("Result")
Exchange = Generator[Request, Response, Result]

# What a browser sends with the requests of a page of the app. Unsafe requests with a cookie need it.
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
_FETCH_HEADERS = {**SAME_ORIGIN, "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Accept": "application/json"}
# It accepts JSON and no page, so that an error comes with its code and its hint.
_NAVIGATION_HEADERS = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Accept": "application/json"}


def signing_in(client: ClientAdapter, user: dict[str, object], at: str) -> Exchange[Account]:
    """Sign in.

    Args:
        client: gets the headers of a page that is signed in.
        user: as the sandbox's control takes it.
        at: the path at which the app starts a sign-in.

    Returns:
        The account that is signed in.

    Raises:
        SignInFailed: no user was signed in.
    """
    started_at = time.time()
    client.set_default_headers({"Authorization": None})  # with a bearer token, cookies would not count
    login, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(32)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    fields = {"login": login, "mode": "popup", "challenge": challenge}
    callback = yield from _send(_form(at, fields, {**_NAVIGATION_HEADERS, **SAME_ORIGIN}))
    sandbox = None
    if callback.status != 200:
        raise failure(f"POST {at} failed", callback, started_at)
    # A restarted login is answered with 200 again, because the reply to its exchange was lost.
    while callback.status == 200:
        sandbox, url = read_start(callback, at)
        callback = yield from _come_back(approve(sandbox, url, user), sandbox)
    if callback.status != 303:
        raise failure("The callback failed", callback, started_at, sandbox)
    # In token delivery a page proves with its verifier that it started the login. On another site it also needs the
    # one-time code from the address of its relay page.
    fragment = parse_qs(urlsplit(callback.header("location")).fragment)
    proof = {"verifier": verifier} | {name: values[0] for name, values in fragment.items() if name == "code"}
    collected = yield from _collect(at, login, proof)
    body = json_of(collected)
    error = body.get("login", {}).get("error")
    if collected.status != 200 or error is not None:
        raise failure("The app does not know who was signed in", collected, started_at, sandbox, error)
    if not body.get("account"):
        raise SignInFailed(
            "The callback succeeded, and then the app did not know the client: the cookie that it had set was not "
            "kept. Does something in the app, or in the client, remove cookies?"
        )
    bearer = {"Authorization": f"Bearer {body['token']}"} if "token" in body else {}
    client.set_default_headers({**SAME_ORIGIN, **bearer})
    return account_of(body["account"])


def _come_back(approved: Callback, sandbox: Control) -> Exchange[Response]:
    """Send what the browser sends when it comes back. A form that is posted is answered by a redirect."""
    headers = {**_NAVIGATION_HEADERS, "Sec-Fetch-Site": "cross-site"}
    target = approved.url
    if approved.form is not None:
        path = urlsplit(target).path
        posted = yield from _send(_form(path, approved.form, {**headers, "Origin": sandbox.origin}))
        if posted.status != 303:
            return posted
        target = posted.header("location")
    parts = urlsplit(target)
    answer = yield from _send(Request(method="GET", path=f"{parts.path}?{parts.query}", headers=headers))
    return answer


def _collect(at: str, login: str, proof: dict[str, str]) -> Exchange[Response]:
    collected = yield from _send(_json(f"{_prefix(at)}/session", {"login": login}))
    if not json_of(collected).get("account"):
        collected = yield from _send(_json(f"{_prefix(at)}/session", {"login": login, **proof}))
    return collected


def signing_out(client: ClientAdapter, at: str) -> Exchange[None]:
    """Sign out. Arguments and errors are those of ``signing_in``."""
    started_at = time.time()
    answer = yield from _send(Request(method="DELETE", path=f"{_prefix(at)}/session", headers=_FETCH_HEADERS))
    if answer.status != 204:
        raise failure("Signing out failed", answer, started_at)
    client.set_default_headers({"Authorization": None})


def _send(request: Request) -> Exchange[Response]:
    answer = yield request
    if redirects_to_https(request, answer):
        answer = yield replace(request, secure=True)
    return answer


def account_of(body: dict[str, Any]) -> Account:
    """Return the account in the JSON of one of valetkey's routes."""
    return Account(
        id=body["id"],
        name=body["name"],
        picture=body["picture"],
        identities=tuple(Identity(**one) for one in body["identities"]),
    )


def _prefix(at: str) -> str:
    return at.rpartition("/")[0]


def _form(path: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> Request:
    return Request(
        method="POST",
        path=path,
        headers=headers,
        body=urlencode(fields).encode(),
        content_type="application/x-www-form-urlencoded",
    )


def _json(path: str, value: object) -> Request:
    body = json.dumps(value).encode()
    return Request(method="POST", path=path, headers=_FETCH_HEADERS, body=body, content_type="application/json")
