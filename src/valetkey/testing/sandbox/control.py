"""The control for tests: journal, settings, faults, approvals. It needs a header that a page cannot send."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .faults import KINDS
from .personas import Persona
from .state import State

HEADER = "x-sandbox-control"


def routes(state: State) -> list[Route]:
    async def journal(request: Request, sent: Any) -> Any:
        if request.method == "DELETE":
            state.journal.clear()
        return {"journal": list(state.journal)}

    async def secrets(request: Request, sent: Any) -> Any:
        return {"secrets": [state.settings.consumer_secret, *state.issued]}

    async def settings(request: Request, sent: Any) -> Any:
        for name, value in (sent or {}).items():
            if name not in state.settings.__slots__:
                raise ValueError(f"no setting is called {name}")
            setattr(state.settings, name, value)
        return asdict(state.settings)

    async def faults(request: Request, sent: Any) -> Any:
        if request.method == "DELETE":
            state.faults.clear()
        elif request.method == "POST":
            if sent.get("kind") not in KINDS:
                raise ValueError(f"no fault of that kind; there are {', '.join(sorted(KINDS))}")
            state.faults.append({"times": 1, **sent})
        return {"faults": state.faults}

    async def approve(request: Request, sent: Any) -> Any:
        token = state.request_tokens.get(sent["oauth_token"])
        if token is None:
            raise ValueError("no such request token")
        persona = state.persona(sent.get("persona", ""))
        if "user_id" in sent:
            handle = sent.get("screen_name", f"user{sent['user_id']}")
            persona = Persona(user_id=sent["user_id"], handle=handle, name=sent.get("name", handle), picture=False)
        if persona is None:
            raise ValueError("no such persona")
        return {
            "callback": callback_url(
                token.callback, oauth_token=token.token, oauth_verifier=state.approve(token, persona)
            )
        }

    async def personas(request: Request, sent: Any) -> Any:
        if request.method == "PUT":
            state.personas = [Persona(**one) for one in sent]
        return {"personas": [one.listed() for one in state.personas]}

    async def reset(request: Request, sent: Any) -> Any:
        state.reset()
        return {}

    named: dict[str, tuple[Callable[[Request, Any], Awaitable[Any]], list[str]]] = {
        "journal": (journal, ["GET", "DELETE"]),
        "secrets": (secrets, ["GET"]),
        "settings": (settings, ["GET", "PATCH"]),
        "faults": (faults, ["GET", "POST", "DELETE"]),
        "approve": (approve, ["POST"]),
        "personas": (personas, ["GET", "PUT"]),
        "reset": (reset, ["POST"]),
    }
    return [Route(f"/__sandbox__/{name}", _guarded(verb), methods=how) for name, (verb, how) in named.items()]


def callback_url(callback: str, **query: str) -> str:
    """Return the callback URL with these parameters added to its query."""
    added = "&".join(f"{name}={quote(value, safe='-._~')}" for name, value in query.items())
    return f"{callback}{'&' if '?' in callback else '?'}{added}"


def _guarded(verb: Callable[[Request, Any], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        # Browsers send Sec-Fetch-Site with every request, including those that have no Origin.
        if request.headers.get(HEADER) != "1" or "origin" in request.headers or "sec-fetch-site" in request.headers:
            return JSONResponse({"error": f"send the header {HEADER}: 1, and not from a page"}, 403)
        body = await request.body()
        try:
            return JSONResponse(await verb(request, json.loads(body) if body else None))
        except (ValueError, KeyError, TypeError) as fault:
            return JSONResponse({"error": str(fault)}, 400)

    return endpoint
