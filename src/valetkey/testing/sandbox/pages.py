"""The sandbox's pages as plain strings: one stylesheet, and a ribbon that says that this is a sandbox.

Only the page of ``form_post`` has a script, of one line.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from http.cookies import SimpleCookie
from importlib import resources

from .messages import Request, Response
from .personas import Persona

COOKIE = "sandbox-browser"
SEND_BACK_SECONDS = 1
FORM_KEY = b'name="form_key"'  # in each page by which a user decides, and in no other
STYLE = (resources.files(__package__) / "sandbox.css").read_text(encoding="utf-8")
OTHER_FORM = "This form is not the one that was shown."
NOBODY = "Choose who signs in."

_SUBMIT = "document.forms[0].submit()"
_SUBMIT_HASH = b64encode(hashlib.sha256(_SUBMIT.encode()).digest()).decode()


def response(html: str, status: int = 200) -> Response:
    """Return a page as a response."""
    return Response(html, status, media_type="text/html")


def browser_of(request: Request) -> str | None:
    """Return the name that the sandbox has given to a browser."""
    found = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
    return found.value if found else None


def consent(
    provider: str,
    *,
    action: str,
    hidden: Mapping[str, str],
    personas: Sequence[Persona],
    chosen: Persona,
    app: str,
    remembered: bool,
    asks_for_email: bool = False,
) -> str:
    """The page that asks whether to sign in, and as whom.

    Args:
        provider: its title.
        action: the path that the form is posted to.
        hidden: the form's hidden fields.
        personas: to choose from.
        chosen: the one that is selected.
        app: the client's identifier.
        remembered: this browser has approved before.
        asks_for_email: show a box that the user may untick.
    """
    rows = "".join(_row(one, checked=one == chosen) for one in personas)
    note = "<p>This browser has approved before; choose who signs in this time.</p>" if remembered else ""
    fields = "\n".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in hidden.items())
    email = (
        '<p><label><input type="checkbox" name="email" value="1" checked>Share my e-mail address</label></p>'
        if asks_for_email
        else ""
    )
    return _page(
        provider,
        "Authorize an app",
        f"""<h1>Authorize <q>{escape(app)}</q> to sign you in?</h1>{note}
<form method="post" action="{escape(action)}">
{fields}
<fieldset><legend>Sign in as</legend>{rows}</fieldset>{email}
<div class="buttons"><button class="main">Authorize app</button>
<button name="cancel" value="1">Cancel</button></div>
</form>
<details><summary>What can this app do?</summary><p>Learn the handle, name and picture. It cannot post, and it never
sees a password: there is none here.</p></details>""",
    )


def sent_back(provider: str, persona: Persona, *, back: str, another: str) -> Response:
    """For a browser that approved before: a page that sends it on after a second."""
    html = _page(
        provider,
        "Signing in",
        f"""<h1>Signing in as @{escape(persona.handle)}…</h1>
<p><a class="main" href="{escape(back)}">Continue</a></p><p><a href="{escape(another)}">Use another account</a></p>""",
    )
    return Response(html, media_type="text/html", headers={"refresh": f"{SEND_BACK_SECONDS}; url={back}"})


def posted_back(provider: str, back: str, form: Mapping[str, str]) -> Response:
    """A page that posts a form to the app at once (OAuth 2.0 Form Post Response Mode, §2)."""
    fields = "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in form.items()
    )
    html = _page(
        provider,
        "Signing in",
        f"""<form method="post" action="{escape(back)}">
{fields}
<p><button class="main">Continue</button></p>
</form><script>{_SUBMIT}</script>""",
    )
    policy = (
        f"default-src 'none'; style-src 'self'; script-src 'sha256-{_SUBMIT_HASH}'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    return Response(html, media_type="text/html", headers={"content-security-policy": policy})


def cancelled(provider: str, back: str) -> str:
    """After Cancel: no redirect but a link, as on X."""
    return _page(
        provider,
        "Cancelled",
        f"""<h1>You have not signed in.</h1><p>The app was not given access.</p>
<p><a class="main" href="{escape(back)}">Return to the app</a></p>""",
    )


def pin(provider: str, verifier: str) -> str:
    """A number for the user to type."""
    return _page(
        provider, "Your PIN", f"<h1>Your PIN</h1><p>Type it into the app:</p><p class=pin>{escape(verifier)}</p>"
    )


def dead_end(provider: str, sentence: str) -> str:
    """An error that leads nowhere."""
    return _page(provider, "Whoa there", f"<h1>Whoa there!</h1><p>{escape(sentence)}</p>")


def _row(persona: Persona, *, checked: bool) -> str:
    picture = f'<img src="/pictures/{escape(persona.handle)}.svg" alt="">' if persona.picture else "<i></i>"
    about = _about(persona)
    return (
        f'<label><input type="radio" name="persona" value="{escape(persona.handle)}"'
        f' aria-label="@{escape(persona.handle)}"{" checked" if checked else ""}>{picture}'
        f"<span><b>@{escape(persona.handle)}</b> <bdi>{escape(persona.name)}</bdi>"
        f"{f' <small>{about}</small>' if about else ''}</span></label>"
    )


def _about(persona: Persona) -> str:
    if persona.suspended:
        return "suspended: the profile cannot be read"
    if persona.anonymous:
        return "says nothing about itself"
    if not persona.email:
        return "no e-mail"
    return "" if persona.email_verified else "e-mail not verified"


def _page(provider: str, title: str, main: str) -> str:
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(title)} · sandbox</title><link rel="stylesheet" href="/sandbox.css"></head>
<body><aside class="ribbon" aria-label="Sandbox"><b>Sandbox</b> An offline stand-in for {escape(provider)}.
Nothing leaves this machine.</aside>
<main>{main}</main></body></html>"""
