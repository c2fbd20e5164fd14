"""Asks the user, and sends the browser back. RFC 6749 §4.1.2; RFC 9207; OAuth 2.0 Form Post Response Mode."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from .. import pages
from ..answers import callback_url
from ..messages import Request, Response
from ..personas import Persona
from .authorizing import Sendable, judged
from .grants import Authorization, Code
from .refusals import DeadEnd

if TYPE_CHECKING:
    from .facts import Facts

PENDING_SECONDS = 900
UNKNOWN = "This page is not known: it was used already, or it is too old. Go back to the app and try again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """How a browser is sent back: by a redirect to ``url``, or with ``form``, posted there."""

    url: str
    form: dict[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it for the control's JSON."""
        return {"callback": self.url} | ({"form": self.form} if self.form is not None else {})

    def response(self, title: str) -> Response:
        """Return it for a browser."""
        if self.form is not None:
            return pages.posted_back(title, self.url, self.form)
        return Response(status_code=302, headers={"location": self.url})


def approved(front: Facts, asked: Authorization, persona: Persona, *, shares_email: bool, spent: bool = False) -> Back:
    """Issue a code. A test may have one that was used already."""
    asked.settled = True
    code = Code(
        code=front.new_code(),
        authorization=asked,
        persona=persona,
        shares_email=shares_email and (front.email_scope is None or front.email_scope in asked.scopes),
        first_consent=(asked.client_id, persona.user_id) not in front.grants.consented,
        made_at=front.state.now(),
        used=spent,
    )
    back = _fields(front, asked, {"code": code.code, **front.callback_fields(code)})
    code.sent = back
    front.grants.keep_code(code)
    front.state.issued.append(code.code)
    return _back(asked, back, front.fragment)


def refused(front: Facts, asked: Authorization, error: str) -> Back:
    """Send an error. ``access_denied`` is the user's own Cancel."""
    asked.settled = True
    return _back(asked, _fields(front, asked, front.refusal_fields(error)))


def ask(front: Facts, request: Request, entry: dict[str, Any]) -> Response:
    """Show the consent page, or send back a browser that approved before."""
    try:
        asked = judged(front, request.query_string, request.path_params)
    except DeadEnd as fault:
        entry.update(accepted=False, reason=str(fault))
        return pages.response(pages.dead_end(front.title, str(fault)), 400)
    except Sendable as fault:
        entry.update(accepted=False, reason=fault.refusal.reason)
        return refused(front, fault.asked, fault.refusal.error).response(front.title)
    personas = front.personas(asked.path)
    browser = pages.browser_of(request)
    remembered = front.state.approved.get((front.name, browser)) if browser else None
    remembered = remembered if remembered in personas else None
    if asked.prompt == "none" and (remembered is None or not _may_be_silent(front)):
        entry.update(accepted=False, reason="prompt is none, and this browser has not approved before")
        return refused(front, asked, "login_required").response(front.title)
    if remembered is not None and _may_be_silent(front) and not _wants_the_page(front, asked):
        return _send_back(front, request, asked, remembered)
    front.grants.keep_authorization(asked)
    hint = asked.query.get("login_hint")  # without one, no user is meant, and not one without an e-mail address
    hinted = [one for one in personas if hint and hint in (one.handle, one.email)]
    html = pages.consent(
        front.title,
        action=f"{front.path}/sandbox/decide",
        hidden={"request": asked.id, "form_key": asked.form_key},
        personas=personas,
        chosen=remembered or next(iter(hinted), personas[0]),
        app=asked.client_id,
        remembered=remembered is not None,
        asks_for_email=front.email_scope is None or front.email_scope in asked.scopes,
    )
    return pages.response(html)


async def decide(front: Facts, request: Request, entry: dict[str, Any]) -> Response:
    """Do what the user has decided."""
    sent = {name: values[-1] for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()}
    asked = front.grants.authorizations.get(sent.get("request", ""))
    if asked is None or asked.settled or front.state.now() - asked.made_at > PENDING_SECONDS:
        return pages.response(pages.dead_end(front.title, UNKNOWN), 400)
    entry["state"] = asked.state
    if not hmac.compare_digest(sent.get("form_key", "").encode(), asked.form_key.encode()):
        return pages.response(pages.dead_end(front.title, pages.OTHER_FORM), 403)
    if "cancel" in sent:
        return refused(front, asked, "access_denied").response(front.title)
    persona = next((one for one in front.personas(asked.path) if one.handle == sent.get("persona")), None)
    if persona is None:
        return pages.response(pages.dead_end(front.title, pages.NOBODY), 400)
    browser = pages.browser_of(request) or secrets.token_urlsafe(16)
    response = approved(front, asked, persona, shares_email="email" in sent).response(front.title)
    front.state.remember(front.name, browser, persona)
    response.set_cookie(pages.COOKIE, browser, path=front.path)
    return response


def _may_be_silent(front: Facts) -> bool:
    return front.switches.silent and front.state.settings.silent_when_approved


def _wants_the_page(front: Facts, asked: Authorization) -> bool:
    if asked.prompt == "none":
        return False
    name, _, value = front.another_account.partition("=")
    return front.silent_by_prompt or asked.prompt is not None or asked.query.get(name) == value


def _send_back(front: Facts, request: Request, asked: Authorization, persona: Persona) -> Response:
    """Send a browser back without a click. A page offers another account for a second, unless there must be none."""
    back = approved(front, asked, persona, shares_email=True)
    if asked.prompt == "none" or back.form is not None:
        return back.response(front.title)
    another = f"{request.path}?{request.query_string.decode('latin-1')}&{front.another_account}"
    return pages.sent_back(front.title, persona, back=back.url, another=another)


def _fields(front: Facts, asked: Authorization, fields: dict[str, str]) -> dict[str, str]:
    fields = {name: value for name, value in fields.items() if value}
    if asked.state is not None:
        fields["state"] = asked.state
    if front.switches.sends_iss:
        fields["iss"] = front.issuer if front.switches.iss is None else front.switches.iss
    return fields


def _back(asked: Authorization, fields: dict[str, str], fragment: str = "") -> Back:
    if asked.response_mode == "form_post":
        return Back(url=asked.redirect_uri, form=fields)
    if asked.response_mode == "fragment":
        return Back(url=f"{asked.redirect_uri}#{callback_url('', **fields)[1:]}")
    return Back(url=callback_url(asked.redirect_uri, **fields) + fragment)
