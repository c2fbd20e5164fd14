"""The popup's pages, and the files that they load.

A page has no inline script and no inline style, and loads nothing from other origins. It contains fixed text, a login's
id and an error's code, but no secret. The one exception is the last page of a classic login.
Its script must run before anything else loads, so it is inline and allowed by its hash. In token delivery that page
contains the session token for its opener.

An app may replace templates (``VALETKEY_TEMPLATES``). Values are escaped here, and a template that the pages' policy
would block is refused at start.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from ...errors import SettingsError, ValetkeyError, known_errors
from ...providers.base import Provider

_CONTENT_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_ASSETS = frozenset(
    {
        *("client.js", "watch.js", "return.js", "button.js", "classic.js", "token.js", "account.js", "relay.js"),
        *("popup.js", "pages.css"),
    }
)
_CLASSIC_SCRIPT = (resources.files(__package__) / "deliver.js").read_text().strip()
CLASSIC_HASH = b64encode(hashlib.sha256(_CLASSIC_SCRIPT.encode()).digest()).decode()
_SENTENCES_FILE = "errors.toml"

# For each template: the placeholders that it may have, and those that it must have.
_PLACEHOLDERS: dict[str, tuple[set[str], set[str]]] = {
    "begin.html": ({"head", "icon", "provider", "continue_url"}, {"continue_url"}),
    "done.html": ({"head", "nudge", "icon", "provider"}, {"head", "nudge"}),
    "finishing.html": ({"head"}, set()),
    "failed.html": ({"head", "nudge", "message", "code", "hint", "next"}, {"head", "nudge", "message", "next"}),
    "failed-close.html": (set(), set()),
    "failed-back.html": ({"back_url"}, {"back_url"}),
    "failed-here.html": ({"start_url", "icon", "provider"}, {"start_url"}),
}
_BLOCKED = re.compile(r"<style|\sstyle\s*=|\son\w+\s*=|<script(?![^>]*\ssrc\s*=)|javascript:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that our routes serve.

    Args:
        body: its bytes.
        content_type, etag, cache_control: the headers of these names.
    """

    body: bytes
    content_type: str
    etag: str
    cache_control: str = "no-cache"


def policy(script_hash: str | None = None) -> str:
    """Return the Content-Security-Policy of our pages.

    Args:
        script_hash: the SHA-256, in base64, of the one inline script that the page may run.
    """
    scripts = "'self'" if script_hash is None else f"'self' 'sha256-{script_hash}'"
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self'; font-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    )


@cache
def asset(name: str) -> Asset | None:
    """Return a file of the browser module, the popup's script or the stylesheet. None for any other name."""
    if name not in _ASSETS:
        return None
    body = (resources.files(__package__) / name).read_bytes()
    tag = hashlib.sha256(body).hexdigest()[:32]
    return Asset(body=body, content_type=_CONTENT_TYPES[name.rpartition(".")[2]], etag=f'"{tag}"')


def shipped_templates() -> dict[str, str]:
    """Return our templates by file name, as ``valetkey templates`` writes them."""
    directory = resources.files(__package__) / "templates"
    return {name: (directory / name).read_text() for name in _PLACEHOLDERS}


def relay_page(backend: str) -> str:
    """Return the page that an app on another site serves at ``VALETKEY_RELAY``.

    Args:
        backend: the address of our routes, such as ``https://api.example.com/auth``.
    """
    text = (resources.files(__package__) / "relay.html").read_text()
    return Template(text).substitute(backend=escape(backend))


class Pages:
    """The pages of one app.

    Args:
        prefix: the path at which the routes are mounted.
        openers: the origins of other pages that may open these popups. They are nudged, too.
        templates: a directory whose files replace our templates of the same name. Its ``errors.toml`` may give other
            sentences for error codes.

    Raises:
        SettingsError: a template has a placeholder that does not exist, lacks one that it must have, or has something
            that the pages' policy blocks.
    """

    def __init__(self, *, prefix: str, openers: Sequence[str] = (), templates: Path | None = None) -> None:
        texts = shipped_templates()
        self._sentences: dict[str, str] = {}
        if templates is not None:
            texts |= _read_templates(templates)
            self._sentences = _read_sentences(templates / _SENTENCES_FILE)
        self._templates = {name: Template(text) for name, text in texts.items()}
        self._prefix = prefix
        self._openers = " ".join(openers)
        self._style = f'<link rel="stylesheet" href="{prefix}/pages.css">'
        self._script = f'<script src="{prefix}/popup.js" async></script>{self._style}'

    def begin(self, *, provider: Provider, continue_url: str) -> str:
        """Return the page on the way to the provider. A Refresh header leads on; the link is a fallback."""
        return self._page("begin.html", self._style, shown=provider, continue_url=continue_url)

    def done(self, *, provider: Provider, login_id: str) -> str:
        """Return the last page. It nudges the page that waits, and closes."""
        return self._page("done.html", self._script, nudge=self._nudge(login_id, closes=True), shown=provider)

    def classic(self, *, provider: Provider, login_id: str, handle: str | None, token: str | None) -> str:
        """Return the last page of a classic login. Before it nudges, it calls the functions of its opener.

        Args:
            provider: for the name and the icon.
            login_id: names the login in the nudge.
            handle: is passed to ``setScreenName``.
            token: is passed to ``setToken``; None in cookie delivery.
        """
        data = {"login": login_id, "handle": handle, "token": token}
        attributes = " ".join(f'data-{name}="{escape(value)}"' for name, value in data.items() if value is not None)
        head = f"<script {attributes}>{_CLASSIC_SCRIPT}</script>{self._script}"
        return self._page("done.html", head, nudge=self._nudge(login_id, closes=True), shown=provider)

    def finishing(self) -> str:
        """Return the page for a login that another worker is finishing. A Refresh header asks again."""
        return self._page("finishing.html", self._style)

    def failed(self, error: ValetkeyError, *, back: str | None = None, retry_provider: Provider | None = None) -> str:
        """Return the page of an error: one sentence for the user, and the hint for developers.

        Args:
            error: what happened.
            back: the address that the page's link goes back to.
            retry_provider: the provider that the user can sign in with from this page.
        """
        head = self._script
        if retry_provider is not None:
            start_url = f"{self._prefix}/{retry_provider.name}"
            next_html = self._page("failed-here.html", shown=retry_provider, start_url=start_url)
            # The form must send its origin. In a browser without Fetch Metadata, nothing else says where it comes from.
            head = f'<meta name="referrer" content="same-origin">{head}'
        elif back is not None:
            next_html = self._page("failed-back.html", back_url=back)
        else:
            next_html = self._page("failed-close.html")
        return self._page(
            "failed.html",
            head,
            nudge=self._nudge("", closes=error.code == "denied" and back is None),
            next_html=next_html,
            message=self._sentences.get(error.code, error.message),
            code=error.code,
            hint=error.hint,
        )

    def _nudge(self, login_id: str, *, closes: bool) -> str:
        return f'data-login="{escape(login_id)}" data-openers="{escape(self._openers)}"' + (
            " data-closes" if closes else ""
        )

    def _page(
        self,
        template: str,
        head: str = "",
        *,
        nudge: str = "",
        next_html: str = "",
        shown: Provider | None = None,
        **values: str,
    ) -> str:
        """Fill in a template. ``head``, ``nudge`` and ``next_html`` are our own HTML; every other value is escaped."""
        text = {name: escape(value) for name, value in values.items()}
        if shown is not None:
            text |= {"provider": escape(shown.title), "icon": _icon(shown.icon)}
        return self._templates[template].substitute(text, head=head, nudge=nudge, next=next_html)


def _icon(path: str | None) -> str:
    """Return an icon as inline SVG, which the pages' policy allows. Empty if the provider has none."""
    if path is None:
        return ""
    return f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{escape(path)}"/></svg>'


def _read_templates(directory: Path) -> dict[str, str]:
    if not directory.is_dir():
        raise SettingsError("VALETKEY_TEMPLATES: there is no such directory.")
    found, faults = {}, []
    for file in sorted(directory.glob("*.html")):
        if file.name not in _PLACEHOLDERS:
            faults.append(f"{file.name}: there is no such page. There are {', '.join(_PLACEHOLDERS)}.")
            continue
        text = file.read_text()
        faults += [f"{file.name}: {fault}" for fault in _template_faults(text, *_PLACEHOLDERS[file.name])]
        found[file.name] = text
    if faults:
        raise SettingsError("\n".join(f"VALETKEY_TEMPLATES, {fault}" for fault in faults))
    return found


def _template_faults(text: str, known: set[str], needed: set[str]) -> list[str]:
    if not Template(text).is_valid():
        return ["there is a single dollar sign. Write $$ for one."]
    named = set(Template(text).get_identifiers())
    faults = [f"${name} is not known here. There are {sorted(known)}." for name in sorted(named - known)]
    faults += [f"${name} is missing." for name in sorted(needed - named)]
    if _BLOCKED.search(text):
        faults.append("the page's policy blocks inline scripts and styles. Link to files on your own origin.")
    return faults


def _read_sentences(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    try:
        sentences = tomllib.loads(file.read_text())
    except tomllib.TOMLDecodeError as fault:
        raise SettingsError(f"VALETKEY_TEMPLATES, {_SENTENCES_FILE}: {fault}") from None
    wrong = [code for code, text in sentences.items() if code not in known_errors() or not isinstance(text, str)]
    if wrong:
        raise SettingsError(
            f"VALETKEY_TEMPLATES, {_SENTENCES_FILE}: not an error code with a sentence: {', '.join(wrong)}"
        )
    return sentences
