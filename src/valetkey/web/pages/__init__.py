"""The popup's pages as plain strings, and the files they load.

No script and no style inside a page, nothing from elsewhere, and nothing in it but fixed words, a login's id and an
error's code: there is no secret here to leak.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_ASSETS = frozenset({"client.js", "popup.js", "pages.css"})


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that our routes serve."""

    body: bytes
    content_type: str
    etag: str


def policy() -> str:
    """The Content-Security-Policy of every page."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'"
    )


@cache
def asset(name: str) -> Asset | None:
    """One of the module, the popup's script and the stylesheet; None for any other name."""
    if name not in _ASSETS:
        return None
    body = (resources.files(__package__) / name).read_bytes()
    tag = hashlib.sha256(body).hexdigest()[:32]
    return Asset(body=body, content_type=_TYPES[name.rpartition(".")[2]], etag=f'"{tag}"')


def begin(*, provider_title: str, continue_url: str, prefix: str) -> str:
    """On the way to the provider; a header moves on, the link is for browsers that do not follow it."""
    title = escape(provider_title)
    return _page(
        f"Taking you to {title}…",
        f"<h1>Taking you to {title}…</h1>"
        f'<p><a class="button" href="{escape(continue_url)}">Continue to {title}</a></p>',
        prefix,
    )


def done(*, login: str, prefix: str) -> str:
    """The last page: nudges the page that waits, and closes."""
    return _page(
        "Signed in",
        '<h1>Signed in.</h1><p role="status" data-stays hidden>You can close this window.</p>'
        '<p data-stays hidden><button class="button" data-close>Close</button> <a href="/">Back to the app</a></p>',
        prefix,
        login=login,
        closes=True,
    )


def finishing(*, prefix: str) -> str:
    """Another worker is at it; a header asks again."""
    return _page("Finishing…", '<h1>Finishing…</h1><p role="status">This takes a moment.</p>', prefix)


def failed(
    *,
    code: str,
    message: str,
    hint: str,
    prefix: str,
    back: str | None = None,
    retry_provider: tuple[str, str] | None = None,
) -> str:
    """What happened, in one sentence, and for developers why. ``retry_provider`` is (name, title)."""
    next_step = '<button class="button" data-close>Close</button>'
    if retry_provider is not None:
        name, title = retry_provider
        next_step = (
            f'<form method="post" action="{prefix}/{escape(name)}"><input type="hidden" name="mode" value="page">'
            f'<button class="button">Sign in here</button></form><small>with {escape(title)}, in this browser</small>'
        )
    elif back is not None:
        next_step = f'<a class="button" href="{escape(back)}">Back</a>'
    return _page(
        "Not signed in",
        f"<h1>{escape(message)}</h1>{next_step}"
        f"<details><summary>For developers</summary><p><code>{escape(code)}</code></p><p>{escape(hint)}</p></details>",
        prefix,
        closes=code == "denied" and back is None,
        login="",
        # A form of ours says where it comes from: without Fetch Metadata nothing else does.
        head='<meta name="referrer" content="same-origin">' if retry_provider is not None else "",
    )


def _page(title: str, main: str, prefix: str, *, login: str | None = None, closes: bool = False, head: str = "") -> str:
    """``login`` None: the page says nothing to anybody."""
    data = "" if login is None else f' data-login="{escape(login)}"' + (" data-closes" if closes else "")
    script = "" if login is None else f'<script src="{prefix}/popup.js" async></script>'
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(title)}</title>{head}{script}<link rel="stylesheet" href="{prefix}/pages.css"></head>
<body{data}><main>{main}</main></body></html>"""
