"""The pages where a user approves or cancels: authenticate and authorize (X's documentation, "Log in with X")."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, quote

from .. import pages
from ..answers import callback_url, showing
from ..messages import Request, Response, Route
from ..personas import Persona, X
from .tokens import RequestToken, Tokens

TITLE = "X"
UNKNOWN = (
    "There is no request token for this page. An app that wants to sign you in sends one along, and this address has "
    "none, or one that was never issued. Go back to the app and try again."
)
USED_UP = "The request token for this page is invalid: it was used already, or it is too old. Go back and try again."


def routes(tokens: Tokens) -> list[Route]:
    async def authenticate(request: Request, entry: dict[str, Any]) -> Response:
        """Send a browser that approved before back at once, unless it asks for another account."""
        return await _ask(tokens, request, silent=tokens.settings.silent_when_approved)

    async def authorize(request: Request, entry: dict[str, Any]) -> Response:
        """Show the consent page always."""
        return await _ask(tokens, request, silent=False)

    async def decide(request: Request, entry: dict[str, Any]) -> Response:
        return await _decide(tokens, request)

    return [
        Route("/oauth/authenticate", _page(tokens, "authenticate", authenticate), methods=["GET"]),
        Route("/oauth/authorize", _page(tokens, "authorize", authorize), methods=["GET"]),
        Route("/oauth/decide", _page(tokens, "decide", decide), methods=["POST"]),
    ]


def _page(
    tokens: Tokens, endpoint: str, verb: Callable[[Request, dict[str, Any]], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    async def named(request: Request, entry: dict[str, Any]) -> Response:
        entry["oauth_token"] = request.query_params.get("oauth_token")
        return await verb(request, entry)

    def headers() -> dict[str, str]:
        coop = tokens.settings.coop
        return {"cross-origin-opener-policy": coop} if coop is not None else {}

    return showing(tokens.state, X, endpoint, named, headers)


async def _ask(tokens: Tokens, request: Request, *, silent: bool) -> Response:
    state = tokens.state
    token = tokens.request_tokens.get(request.query_params.get("oauth_token", ""))
    fault = _unusable(tokens, token)
    if token is None or fault is not None:
        return pages.response(pages.dead_end(TITLE, fault or UNKNOWN), 400)
    browser = pages.browser_of(request)
    remembered = state.approved.get((X, browser)) if browser else None
    if remembered is not None and silent and request.query_params.get("force_login") != "true":
        return _send_back(tokens, token, remembered)
    personas = state.personas_at(X)
    chosen = remembered or state.persona(X, request.query_params.get("screen_name", "")) or personas[0]
    html = pages.consent(
        TITLE,
        action="/oauth/decide",
        hidden={"oauth_token": token.token, "form_key": token.form_key},
        personas=personas,
        chosen=chosen,
        app=tokens.settings.consumer_key,
        remembered=remembered is not None,
    )
    return pages.response(html)


async def _decide(tokens: Tokens, request: Request) -> Response:
    sent = {name: values[-1] for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()}
    token = tokens.request_tokens.get(sent.get("oauth_token", ""))
    fault = _unusable(tokens, token)
    if token is None or fault is not None:
        return pages.response(pages.dead_end(TITLE, fault or UNKNOWN), 400)
    if not hmac.compare_digest(sent.get("form_key", "").encode(), token.form_key.encode()):
        return pages.response(pages.dead_end(TITLE, pages.OTHER_FORM), 403)
    if "cancel" in sent:
        token.denied = True
        back = callback_url(token.callback, denied=token.token)
        if tokens.settings.deny == "redirect":
            return Response(status_code=302, headers={"location": back})
        return pages.response(pages.cancelled(TITLE, back))
    persona = tokens.state.persona(X, sent.get("persona", ""))
    if persona is None:
        return pages.response(pages.dead_end(TITLE, pages.NOBODY), 400)
    return _approve(tokens, token, persona, pages.browser_of(request) or secrets.token_urlsafe(16))


def _send_back(tokens: Tokens, token: RequestToken, persona: Persona) -> Response:
    """Send a browser back without a click, through a page that offers another account for a second."""
    back = callback_url(token.callback, oauth_token=token.token, oauth_verifier=tokens.approve(token, persona))
    another = f"/oauth/authenticate?oauth_token={quote(token.token)}&force_login=true"
    return pages.sent_back(TITLE, persona, back=back, another=another)


def _approve(tokens: Tokens, token: RequestToken, persona: Persona, browser: str) -> Response:
    verifier = tokens.approve(token, persona)
    if token.callback == "oob":
        return pages.response(pages.pin(TITLE, verifier))
    back = callback_url(token.callback, oauth_token=token.token, oauth_verifier=verifier)
    response = Response(status_code=302, headers={"location": back})
    tokens.state.remember(X, browser, persona)
    response.set_cookie(pages.COOKIE, browser, path="/oauth")
    return response


def _unusable(tokens: Tokens, token: RequestToken | None) -> str | None:
    if token is None:
        return UNKNOWN
    if token.exchanged or token.denied or tokens.state.now() - token.made_at > 900:
        return USED_UP
    return None
