"""Signs a test client in: the start as a page of the app sends it, the approval at the sandbox, the callback with the
client's cookies, and the question who is signed in now. The approval alone is done without its page; the app's routes
run as they do for a browser.

A story is a generator of requests, told once and carried out by any client, awaited or not.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Generator
from dataclasses import replace
from typing import Any, Protocol, TypeVar, overload
from urllib.parse import parse_qs, urlencode, urlsplit

from ..models import Account, Identity
from .clients import Answer, Client, Request, known, on_https
from .control import LOOPBACK_HOSTS, Control, SaidNo
from .failures import SignInFailed, failure, how_to_point, json_of

Told = TypeVar("Told")
Story = Generator[Request, Answer, Told]

AT = "/auth/twitter"
# What a browser says of a page's own requests, and what the app asks for where a cookie came along.
A_PAGE = {"Sec-Fetch-Site": "same-origin"}
_FETCHED = {**A_PAGE, "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Accept": "application/json"}
# JSON is accepted, not a page: what goes wrong is told with its code and its hint.
_NAVIGATED = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Accept": "application/json"}
_REFRESH = re.compile(r"0; url=(\S+)")


class AwaitedClient(Protocol):
    def get(self, address: Any, /) -> Awaitable[Any]: ...


class PlainClient(Protocol):
    def get(self, address: Any, /) -> Any: ...


@overload
def signed_in(
    client: AwaitedClient,
    persona: str = ...,
    *,
    user_id: str | None = ...,
    handle: str | None = ...,
    name: str | None = ...,
    at: str = ...,
) -> Awaitable[Account]: ...
@overload
def signed_in(
    client: PlainClient,
    persona: str = ...,
    *,
    user_id: str | None = ...,
    handle: str | None = ...,
    name: str | None = ...,
    at: str = ...,
) -> Account: ...
def signed_in(
    client: Any,
    persona: str = "ada",
    *,
    user_id: str | None = None,
    handle: str | None = None,
    name: str | None = None,
    at: str = AT,
) -> Any:
    """Sign a test client in, and get the account; from an async client, ``await`` it.

    From then on the client's requests are those of a page of the app: they carry its cookies (or, in token delivery,
    its token), and say ``Sec-Fetch-Site: same-origin``, without which an unsafe one would be refused.

    Args:
        client: a test client of Starlette, FastAPI, Litestar, Flask or Django, or an httpx or httpx2 client.
        persona: who it shall be: one of the sandbox's, by handle.
        user_id, handle, name: or somebody of your own, known to the provider by this id.
        at: where the app's sign-in starts, if its routes are not mounted at ``/auth``.

    Raises:
        SignInFailed: why, with the sandbox's reason and the app's code.
        ValueError: the sandbox has no such persona.
        TypeError: it is no client that is known.
    """
    who = {"persona": persona}
    if user_id is not None:
        who = {"user_id": user_id, "screen_name": handle or f"user{user_id}"}
        who |= {"name": name} if name is not None else {}
    elif handle is not None or name is not None:
        raise ValueError("Somebody of your own is known by an id: signed_in(client, user_id='1', handle='grace').")
    speaks, is_async = known(client)
    return _carried_out(speaks, is_async, _signing_in(speaks, who, at))


@overload
def signed_out(client: AwaitedClient, *, at: str = ...) -> Awaitable[None]: ...
@overload
def signed_out(client: PlainClient, *, at: str = ...) -> None: ...
def signed_out(client: Any, *, at: str = AT) -> Any:
    """Sign a test client out again, as the page's button does; from an async client, ``await`` it.

    Raises:
        SignInFailed: the app did not answer as it should.
        TypeError: it is no client that is known.
    """
    speaks, is_async = known(client)
    return _carried_out(speaks, is_async, _signing_out(speaks, at))


def _carried_out(client: Client, is_async: bool, story: Story[Told]) -> Told | Awaitable[Told]:
    return _awaited(client, story) if is_async else _played(client, story)


def _played(client: Client, story: Story[Told]) -> Told:
    try:
        request = next(story)
        while True:
            request = story.send(client.read(client.send(request)))
    except StopIteration as told:
        value: Told = told.value
        return value


async def _awaited(client: Client, story: Story[Told]) -> Told:
    try:
        request = next(story)
        while True:
            request = story.send(client.read(await client.send(request)))
    except StopIteration as told:
        value: Told = told.value
        return value


def _signing_in(client: Client, who: dict[str, str], at: str) -> Story[Account]:
    began = time.time()
    client.from_now_on({"Authorization": None})  # it would count in the place of every cookie
    login, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(32)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    landed = yield from _asked(_form(at, {"login": login, "mode": "popup", "challenge": challenge}))
    sandbox = None
    if landed.status != 200:
        raise failure(f"POST {at} failed", landed, began)
    while landed.status == 200:  # again, where the app could not know what became of the exchange, and begins anew
        sandbox, token = _sent_to(landed, at)
        callback = urlsplit(_approved(sandbox, token, who))
        headers = {**_NAVIGATED, "Sec-Fetch-Site": "cross-site"}
        landed = yield from _asked(Request(method="GET", path=f"{callback.path}?{callback.query}", headers=headers))
    if landed.status != 303:
        raise failure("The callback failed", landed, began, sandbox)
    # A page that is handed a token shows its verifier, and on another site the code of its relay page's address, too.
    fragment = parse_qs(urlsplit(landed.header("location")).fragment)
    halves = {"verifier": verifier} | {name: values[0] for name, values in fragment.items() if name == "code"}
    told = yield from _collected(at, login, halves)
    said = json_of(told)
    error = said.get("login", {}).get("error")
    if told.status != 200 or error is not None:
        raise failure("The app does not know who was signed in", told, began, sandbox, error)
    if not said.get("account"):
        raise SignInFailed(
            "The callback went well, and then the app did not know the client: the cookie that it had set was not "
            "kept. Does something in the app, or in the client, take cookies away?"
        )
    client.from_now_on({**A_PAGE, **({"Authorization": f"Bearer {said['token']}"} if "token" in said else {})})
    return account_of(said["account"])


def _collected(at: str, login: str, halves: dict[str, str]) -> Story[Answer]:
    told = yield from _asked(_json(f"{_prefix(at)}/session", {"login": login}))
    if not json_of(told).get("account"):
        told = yield from _asked(_json(f"{_prefix(at)}/session", {"login": login, **halves}))
    return told


def _signing_out(client: Client, at: str) -> Story[None]:
    began = time.time()
    answer = yield from _asked(Request(method="DELETE", path=f"{_prefix(at)}/session", headers=_FETCHED))
    if answer.status != 204:
        raise failure("Signing out failed", answer, began)
    client.from_now_on({"Authorization": None})


def _asked(request: Request) -> Story[Answer]:
    answer = yield request
    if on_https(request, answer):
        answer = yield replace(request, secure=True)
    return answer


def _sent_to(started: Answer, at: str) -> tuple[Control, str]:
    """The sandbox that the app sends people to, and the request token."""
    found = _REFRESH.fullmatch(started.header("refresh"))
    if found is None:
        raise SignInFailed(
            f"{at} was answered with 200, and without the Refresh header that leads to the provider: either this is no "
            "route of valetkey's, or something in the app takes headers away."
        )
    there = urlsplit(found[1])
    if there.hostname not in LOOPBACK_HOSTS:
        raise SignInFailed(
            f"The app sends people to {there.scheme}://{there.netloc}, not to a sandbox. {how_to_point()}"
        )
    return Control(f"{there.scheme}://{there.netloc}"), parse_qs(there.query)["oauth_token"][0]


def _approved(sandbox: Control, token: str, who: dict[str, str]) -> str:
    try:
        return sandbox.approve(token, who)
    except SaidNo as no:
        handles = sandbox.handles()
        if who.get("persona", handles[0]) in handles:
            raise SignInFailed(f"The sandbox would not approve: {no}.") from no
        raise ValueError(
            f"The sandbox has no persona {who['persona']!r}; there are {', '.join(handles)}. Somebody of your own: "
            f"signed_in(client, user_id='1', handle={who['persona']!r})."
        ) from None
    except (OSError, ValueError):
        raise SignInFailed(
            f"The app sends people to {sandbox.origin}, where no sandbox answers. {how_to_point()}"
        ) from None


def account_of(said: dict[str, Any]) -> Account:
    """From the JSON of our routes."""
    return Account(
        id=said["id"],
        name=said["name"],
        picture=said["picture"],
        identities=tuple(Identity(**one) for one in said["identities"]),
    )


def _prefix(at: str) -> str:
    return at.rpartition("/")[0]


def _form(path: str, fields: dict[str, str]) -> Request:
    return Request(
        method="POST",
        path=path,
        headers={**_NAVIGATED, **A_PAGE},
        body=urlencode(fields).encode(),
        content_type="application/x-www-form-urlencoded",
    )


def _json(path: str, value: object) -> Request:
    body = json.dumps(value).encode()
    return Request(method="POST", path=path, headers=_FETCHED, body=body, content_type="application/json")
