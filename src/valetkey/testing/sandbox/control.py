"""The control for tests: journal, settings, faults, approvals. It needs a header that a page cannot send."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Any

from .faults import KINDS
from .fronts import Front, Fronts
from .leases import Leases
from .messages import Handler, JSONResponse, Request, Response, Route
from .oauth1 import OAuth1Provider
from .oauth2 import OAuth2Front
from .openid import OpenIDFront
from .personas import Persona, X
from .state import State

HEADER = "x-sandbox-control"


def routes(state: State, fronts: Fronts, leases: Leases) -> list[Route]:
    async def journal(request: Request, sent: Any) -> Any:
        if request.method == "DELETE":
            state.journal.clear()
        return {"journal": list(state.journal)}

    async def secrets(request: Request, sent: Any) -> Any:
        return {"secrets": [*fronts.secrets, *state.issued]}

    async def settings(request: Request, sent: Any) -> Any:
        for name, value in (sent or {}).items():
            if name not in state.settings.__slots__:
                raise ValueError(f"no setting is called {name}")
            setattr(state.settings, name, value)
        return asdict(state.settings)

    async def faults(request: Request, sent: Any) -> Any:
        if request.method == "DELETE":
            state.clear_faults()
        elif request.method == "POST":
            if sent.get("kind") not in KINDS:
                raise ValueError(f"no fault of that kind; there are {', '.join(sorted(KINDS))}")
            state.faults.append({"times": 1, **sent})
        return {"faults": state.faults}

    async def approve(request: Request, sent: Any) -> Any:
        decided = fronts.at(sent.get("url", "/")).approve(sent)
        leases.leave_page()
        return decided

    async def personas(request: Request, sent: Any) -> Any:
        if request.method == "PUT":
            state.personas = [Persona(**one) for one in sent]
        url = request.query_params.get("url")
        provider = request.query_params.get("provider", X) if url is None else fronts.at(url).name
        return {"personas": [one.listed() for one in state.personas_at(provider)]}

    async def subject(request: Request, sent: Any) -> Any:
        front = fronts.at(sent["url"])
        return {"provider": front.name, "subject": front.subject(sent)}

    async def providers(request: Request, sent: Any) -> Any:
        if request.method == "PATCH":
            front = fronts.named(sent.pop("provider"))
            _change(state, front, **sent)
            return _listed([front])
        name = request.query_params.get("provider")
        return _listed(fronts.every() if name is None else [fronts.named(name)])

    async def rotate(request: Request, sent: Any) -> Any:
        named = (sent or {}).get("provider")
        how = {name: sent[name] for name in ("old", "new") if name in (sent or {})}
        rotated = {}
        for front in fronts.made if named is None else [fronts.named(named)]:
            if isinstance(front, OpenIDFront):
                rotated[front.name] = front.keys.rotate(front.switches.algorithm, **how).kid
        if not rotated:
            raise ValueError(f"{named} has no keys")
        return {"kid": rotated}

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
        "subject": (subject, ["POST"]),
        "providers": (providers, ["GET", "PATCH"]),
        "rotate": (rotate, ["POST"]),
        "reset": (reset, ["POST"]),
    }
    return [
        *(Route(f"/__sandbox__/{name}", _guarded(_in_json(verb)), methods=how) for name, (verb, how) in named.items()),
        Route("/__sandbox__/lease", _guarded(leases.give)),
    ]


def _change(state: State, front: Front, **switches: Any) -> None:
    if "alter_profile" in switches:
        state.alter(front.name, switches.pop("alter_profile"))  # also at X, whose switches are the settings
        if not switches:
            return
    _switched(front).change(**switches)


def _listed(fronts: Sequence[Front]) -> dict[str, Any]:
    return {
        "providers": {
            one.name: {"base": one.base, "email_scope": getattr(one, "email_scope", None), **asdict(one.switches)}
            for one in _all_switched(fronts)
        }
    }


def _all_switched(fronts: Sequence[Front]) -> list[OAuth1Provider | OAuth2Front]:
    return [one for one in fronts if isinstance(one, OAuth1Provider | OAuth2Front) and one.name != X]


def _switched(front: Front) -> OAuth1Provider | OAuth2Front:
    if not isinstance(front, OAuth1Provider | OAuth2Front) or front.name == X:
        raise ValueError(f"{front.name} has no switches")
    return front


def _guarded(handler: Handler) -> Handler:
    async def endpoint(request: Request) -> Response:
        # Browsers send Sec-Fetch-Site with every request, including those that have no Origin.
        if request.headers.get(HEADER) != "1" or "origin" in request.headers or "sec-fetch-site" in request.headers:
            return JSONResponse({"error": f"send the header {HEADER}: 1, and not from a page"}, 403)
        return await handler(request)

    return endpoint


def _in_json(verb: Callable[[Request, Any], Awaitable[Any]]) -> Handler:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        try:
            return JSONResponse(await verb(request, json.loads(body) if body else None))
        except (ValueError, KeyError, TypeError) as fault:
            return JSONResponse({"error": str(fault)}, 400)

    return endpoint
