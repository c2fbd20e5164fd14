"""The sandbox's pages as plain strings: no script, one stylesheet, and a ribbon that says that this is a sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib import resources

from .personas import Persona

STYLE = (resources.files(__package__) / "sandbox.css").read_text()

UNKNOWN = (
    "There is no request token for this page. An app that wants to sign you in sends one along, and this address has "
    "none, or one that was never issued. Go back to the app and try again."
)
USED_UP = "The request token for this page is invalid: it was used already, or it is too old. Go back and try again."


def consent(
    *, token: str, form_key: str, personas: Sequence[Persona], chosen: Persona, app: str, remembered: bool
) -> str:
    rows = "".join(_row(one, checked=one == chosen) for one in personas)
    note = "<p>This browser has approved before; choose who signs in this time.</p>" if remembered else ""
    return _page(
        "Authorize an app",
        f"""<h1>Authorize <q>{escape(app)}</q> to sign you in?</h1>{note}
<form method="post" action="/oauth/decide">
<input type="hidden" name="oauth_token" value="{escape(token)}">
<input type="hidden" name="form_key" value="{escape(form_key)}">
<fieldset><legend>Sign in as</legend>{rows}</fieldset>
<div class="buttons"><button class="main">Authorize app</button>
<button name="cancel" value="1">Cancel</button></div>
</form>
<details><summary>What can this app do?</summary><p>Learn the handle, name and picture. It cannot post, and it never
sees a password: there is none here.</p></details>""",
    )


def welcome_back(persona: Persona, *, back: str, another: str) -> str:
    """For a browser that approved before. A Refresh header sends it on."""
    return _page(
        "Signing in",
        f"""<h1>Signing in as @{escape(persona.handle)}…</h1>
<p><a class="main" href="{escape(back)}">Continue</a></p><p><a href="{escape(another)}">Use another account</a></p>""",
    )


def cancelled(back: str) -> str:
    """After Cancel: no redirect but a link, as on X."""
    return _page(
        "Cancelled",
        f"""<h1>You have not signed in.</h1><p>The app was not given access.</p>
<p><a class="main" href="{escape(back)}">Return to the app</a></p>""",
    )


def pin(verifier: str) -> str:
    return _page("Your PIN", f"<h1>Your PIN</h1><p>Type it into the app:</p><p class=pin>{escape(verifier)}</p>")


def dead_end(sentence: str) -> str:
    return _page("Whoa there", f"<h1>Whoa there!</h1><p>{escape(sentence)}</p>")


def _row(persona: Persona, *, checked: bool) -> str:
    picture = f'<img src="/pictures/{escape(persona.handle)}.svg" alt="">' if persona.picture else "<i></i>"
    about = "suspended: the profile cannot be read" if persona.suspended else ("no e-mail" if not persona.email else "")
    return (
        f'<label><input type="radio" name="persona" value="{escape(persona.handle)}"'
        f' aria-label="@{escape(persona.handle)}"{" checked" if checked else ""}>{picture}'
        f"<span><b>@{escape(persona.handle)}</b> <bdi>{escape(persona.name)}</bdi>"
        f"{f' <small>{about}</small>' if about else ''}</span></label>"
    )


def _page(title: str, main: str) -> str:
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(title)} · sandbox</title><link rel="stylesheet" href="/sandbox.css"></head>
<body><aside class="ribbon" aria-label="Sandbox"><b>Sandbox</b> An offline stand-in for X. Nothing leaves
this machine.</aside>
<main>{main}</main></body></html>"""
