"""The pages where a user approves or cancels. RFC 5849 §2.2."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from .. import pages
from ..answers import callback_url
from ..messages import Request, Response
from ..personas import Persona
from .tokens import RequestToken

if TYPE_CHECKING:
    from .facts import Facts

UNKNOWN = (
    "There is no request token for this page. An app that wants to sign you in sends one along, and this address has "
    "none, or one that was never issued. Go back to the app and try again."
)
USED_UP = "The request token for this page is invalid: it was used already, or it is too old. Go back and try again."


async def ask(front: Facts, request: Request, entry: dict[str, Any], *, silent: bool) -> Response:
    """Show the consent page, or send back a browser that approved before.

    Args:
        front: the provider.
        request: for one of its pages.
        entry: of the journal.
        silent: whether this page sends a browser back without a click.
    """
    query, state = request.query_params, front.state
    entry["oauth_token"] = query.get(front.token_parameter)
    token = front.tokens.requests.get(query.get(front.token_parameter, ""))
    fault = unusable(front, token, query)
    if token is None or fault is not None:
        return pages.response(pages.dead_end(front.title, fault or UNKNOWN), 400)
    token.shown = query
    browser = pages.browser_of(request)
    remembered = state.approved.get((front.name, browser)) if browser else None
    silent = silent and state.settings.silent_when_approved
    if remembered is not None and silent and not front.wants_the_page(query):
        back = approved(front, token, remembered)
        another = f"{request.path}?{request.query_string.decode('latin-1')}&{front.another_account}"
        return pages.sent_back(front.title, remembered, back=back, another=another)
    personas = state.personas_at(front.name)
    chosen = remembered or state.persona(front.name, query.get("screen_name", "")) or personas[0]
    html = pages.consent(
        front.title,
        action=front.decide_path,
        hidden={"oauth_token": token.token, "form_key": token.form_key},
        personas=personas,
        chosen=chosen,
        app=front.consumer_key,
        remembered=remembered is not None,
    )
    return pages.response(html)


async def decide(front: Facts, request: Request, entry: dict[str, Any]) -> Response:
    """Do what the user has decided."""
    sent = {name: values[-1] for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()}
    entry["oauth_token"] = sent.get("oauth_token")
    token = front.tokens.requests.get(sent.get("oauth_token", ""))
    fault = unusable(front, token, None if token is None else token.shown)
    if token is None or fault is not None:
        return pages.response(pages.dead_end(front.title, fault or UNKNOWN), 400)
    if not hmac.compare_digest(sent.get("form_key", "").encode(), token.form_key.encode()):
        return pages.response(pages.dead_end(front.title, pages.OTHER_FORM), 403)
    if "cancel" in sent:
        back = refused(front, token)
        if back is None:
            return pages.response(pages.dead_end(front.title, "You have not signed in. You can close this window."))
        if front.cancels_by_link():
            return pages.response(pages.cancelled(front.title, back))
        return Response(status_code=302, headers={"location": back})
    persona = front.state.persona(front.name, sent.get("persona", ""))
    if persona is None:
        return pages.response(pages.dead_end(front.title, pages.NOBODY), 400)
    browser = pages.browser_of(request) or secrets.token_urlsafe(16)
    back = approved(front, token, persona)
    if token.callback == "oob":
        return pages.response(pages.pin(front.title, token.verifier or ""))
    response = Response(status_code=302, headers={"location": back})
    front.state.remember(front.name, browser, persona)
    response.set_cookie(pages.COOKIE, browser, path=front.cookie_path)
    return response


def approved(front: Facts, token: RequestToken, persona: Persona) -> str:
    """Approve a request token, and return where the browser is sent back to."""
    token.persona = persona
    token.verifier = front.new_verifier(token)
    front.state.issued.append(token.verifier)
    back = {"oauth_token": token.token, "oauth_verifier": token.verifier, **front.callback_fields}
    return callback_url(token.callback, **back) + front.fragment


def refused(front: Facts, token: RequestToken) -> str | None:
    """Refuse a request token, and return where the browser is sent back to. None: it is not sent back."""
    token.denied = True
    named = {"oauth_token": token.token}
    back = {
        "denied": {"denied": token.token},
        "oauth_problem": {**named, "oauth_problem": "user_refused"},
        "error": {"error": "access_denied", **named},
        "verifier": {**named, "oauth_verifier": "denied"},
    }.get(front.cancel)
    return None if back is None else callback_url(token.callback, **back)


def unusable(front: Facts, token: RequestToken | None, query: Mapping[str, str] | None) -> str | None:
    """Return why a request token cannot be approved, or why its page cannot be shown. None: it can."""
    if token is None or query is None:
        return UNKNOWN
    if token.exchanged or token.denied or front.state.now() - token.made_at > front.request_token_seconds:
        return USED_UP
    key = front.consumer_key_parameter
    if key is not None and query.get(key) != front.consumer_key:
        return f"This address must name the app in {key}."
    missing = [name for name in front.authorize_required if not query.get(name)]
    return f"This address lacks {missing[0]}." if missing else front.check_page(query)
