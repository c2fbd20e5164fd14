"""The pages where a user approves or cancels: authenticate and authorize (X's documentation, "Log in with X")."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import pages
from .control import callback_url
from .personas import Persona
from .state import RequestToken, State

COOKIE = "sandbox-browser"
SEND_BACK_SECONDS = 1


def routes(state: State) -> list[Route]:
    async def authenticate(request: Request) -> Response:
        """Send a browser that approved before back at once, unless it asks for another account."""
        return await _ask(state, request, silent=state.settings.silent_when_approved)

    async def authorize(request: Request) -> Response:
        """Show the consent page always."""
        return await _ask(state, request, silent=False)

    async def decide(request: Request) -> Response:
        return await _decide(state, request)

    async def stylesheet(request: Request) -> Response:
        return Response(pages.STYLE, media_type="text/css")

    shown = {
        "authenticate": (authenticate, ["GET"]),
        "authorize": (authorize, ["GET"]),
        "decide": (decide, ["POST"]),
    }
    return [
        *(Route(f"/oauth/{name}", _page(state, name, verb), methods=how) for name, (verb, how) in shown.items()),
        Route("/sandbox.css", stylesheet),
    ]


def _page(
    state: State, endpoint: str, verb: Callable[[Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a page: write the journal, and set the headers on redirects, too, because COOP counts on each hop."""

    async def answer(request: Request) -> Response:
        response = await verb(request)
        state.record(
            endpoint=endpoint,
            method=request.method,
            path=request.url.path,
            oauth_token=request.query_params.get("oauth_token"),
            status=response.status_code,
            accepted=response.status_code < 400,
        )
        # No form-action, because browsers apply it to the redirect after a form, which leads to the app.
        response.headers["content-security-policy"] = (
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        response.headers["cache-control"] = "no-store"
        response.headers["x-frame-options"] = "SAMEORIGIN"
        response.headers["x-content-type-options"] = "nosniff"
        if state.settings.coop is not None:
            response.headers["cross-origin-opener-policy"] = state.settings.coop
        return response

    return answer


async def _ask(state: State, request: Request, *, silent: bool) -> Response:
    token = state.request_tokens.get(request.query_params.get("oauth_token", ""))
    fault = _unusable(state, token)
    if token is None or fault is not None:
        return Response(pages.dead_end(fault or pages.UNKNOWN), 400, media_type="text/html")
    browser = _browser(request)
    remembered = state.approved.get(browser) if browser else None
    if remembered is not None and silent and request.query_params.get("force_login") != "true":
        return _send_back(state, token, remembered)
    chosen = remembered or state.persona(request.query_params.get("screen_name", "")) or state.personas[0]
    html = pages.consent(
        token=token.token,
        form_key=token.form_key,
        personas=state.personas,
        chosen=chosen,
        app=state.settings.consumer_key,
        remembered=remembered is not None,
    )
    return Response(html, media_type="text/html")


async def _decide(state: State, request: Request) -> Response:
    sent = {name: values[-1] for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()}
    token = state.request_tokens.get(sent.get("oauth_token", ""))
    fault = _unusable(state, token)
    if token is None or fault is not None:
        return Response(pages.dead_end(fault or pages.UNKNOWN), 400, media_type="text/html")
    if not hmac.compare_digest(sent.get("form_key", "").encode(), token.form_key.encode()):
        return Response(pages.dead_end("This form is not the one that was shown."), 403, media_type="text/html")
    if "cancel" in sent:
        token.denied = True
        back = callback_url(token.callback, denied=token.token)
        if state.settings.deny == "redirect":
            return Response(status_code=302, headers={"location": back})
        return Response(pages.cancelled(back), media_type="text/html")
    persona = state.persona(sent.get("persona", ""))
    if persona is None:
        return Response(pages.dead_end("Choose who signs in."), 400, media_type="text/html")
    return _approve(state, token, persona, _browser(request) or secrets.token_urlsafe(16))


def _send_back(state: State, token: RequestToken, persona: Persona) -> Response:
    """Send a browser back without a click, through a page that offers another account for a second."""
    back = callback_url(token.callback, oauth_token=token.token, oauth_verifier=state.approve(token, persona))
    another = f"/oauth/authenticate?oauth_token={quote(token.token)}&force_login=true"
    html = pages.welcome_back(persona, back=back, another=another)
    return Response(html, media_type="text/html", headers={"refresh": f"{SEND_BACK_SECONDS}; url={back}"})


def _approve(state: State, token: RequestToken, persona: Persona, browser: str | None) -> Response:
    verifier = state.approve(token, persona)
    if token.callback == "oob":
        return Response(pages.pin(verifier), media_type="text/html")
    back = callback_url(token.callback, oauth_token=token.token, oauth_verifier=verifier)
    response = Response(status_code=302, headers={"location": back})
    if browser:
        state.approved[browser] = persona
        if len(state.approved) > 1000:
            state.approved.popitem(last=False)
        response.set_cookie(COOKIE, browser, httponly=True, samesite="lax", path="/oauth")
    return response


def _browser(request: Request) -> str | None:
    found = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
    return found.value if found else None


def _unusable(state: State, token: RequestToken | None) -> str | None:
    if token is None:
        return pages.UNKNOWN
    if token.exchanged or token.denied or state.now() - token.made_at > 900:
        return pages.USED_UP
    return None
