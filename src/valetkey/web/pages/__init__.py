"""The popup's pages, and the files they load.

No script and no style inside a page, nothing from elsewhere, and nothing in it but fixed words, a login's id and an
error's code: there is no secret here to leak. The one exception is the last page of a classic login, whose script has
to run before anything else is loaded, and which in token delivery holds the pass for its opener. An app may put its own
templates in the place of ours; what goes into one is escaped here, and what its policy would block is refused at start.
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

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_ASSETS = frozenset(
    {
        *("client.js", "button.js", "elsewhere.js", "classic.js", "token.js", "account.js", "relay.js"),
        *("popup.js", "pages.css"),
    }
)
_CLASSIC_SCRIPT = (resources.files(__package__) / "deliver.js").read_text().strip()
CLASSIC_HASH = b64encode(hashlib.sha256(_CLASSIC_SCRIPT.encode()).digest()).decode()
_WORDS = "errors.toml"

# Each template: what it may name, and which of these it cannot do without.
_NAMES: dict[str, tuple[set[str], set[str]]] = {
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
    """A file that our routes serve."""

    body: bytes
    content_type: str
    etag: str
    cache_control: str = "no-cache"


def policy(script_hash: str | None = None) -> str:
    """The Content-Security-Policy of every page."""
    scripts = "'self'" if script_hash is None else f"'self' 'sha256-{script_hash}'"
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self'; font-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    )


@cache
def asset(name: str) -> Asset | None:
    """One of the module's files, the popup's script and the stylesheet; None for any other name."""
    if name not in _ASSETS:
        return None
    body = (resources.files(__package__) / name).read_bytes()
    tag = hashlib.sha256(body).hexdigest()[:32]
    return Asset(body=body, content_type=_TYPES[name.rpartition(".")[2]], etag=f'"{tag}"')


def shipped_templates() -> dict[str, str]:
    """Ours, by file name: what ``valetkey templates`` writes for an app to change."""
    directory = resources.files(__package__) / "templates"
    return {name: (directory / name).read_text() for name in _NAMES}


def relay_page(backend: str) -> str:
    """The page that an app on another site serves at ``VALETKEY_RELAY``.

    Args:
        backend: where our routes are, such as ``https://api.example.com/auth``.
    """
    text = (resources.files(__package__) / "relay.html").read_text()
    return Template(text).substitute(backend=escape(backend))


class Pages:
    """The pages of one app.

    Args:
        prefix: where the routes are mounted.
        openers: origins of other pages whose popups these may be; they are nudged, too.
        templates: a directory with any of our templates' names, each in the place of ours, and ``errors.toml`` with
            an error's code and the sentence to say instead.

    Raises:
        SettingsError: a template that names what there is not, leaves out what it must have, or has what the pages'
            policy blocks.
    """

    def __init__(self, *, prefix: str, openers: Sequence[str] = (), templates: Path | None = None) -> None:
        texts = shipped_templates()
        self._words: dict[str, str] = {}
        if templates is not None:
            texts |= _own_templates(templates)
            self._words = _own_words(templates / _WORDS)
        self._templates = {name: Template(text) for name, text in texts.items()}
        self._prefix = prefix
        self._openers = " ".join(openers)
        self._style = f'<link rel="stylesheet" href="{prefix}/pages.css">'
        self._script = f'<script src="{prefix}/popup.js" async></script>{self._style}'

    def begin(self, *, provider: Provider, continue_url: str) -> str:
        """On the way to the provider; a header moves on, the link is for browsers that do not follow it."""
        return self._page("begin.html", self._style, shown=provider, continue_url=continue_url)

    def done(self, *, provider: Provider, login: str) -> str:
        """The last page: nudges the page that waits, and closes."""
        return self._page("done.html", self._script, nudge=self._nudge(login, closes=True), shown=provider)

    def classic(self, *, provider: Provider, login: str, handle: str | None, token: str | None) -> str:
        """The last page of a login that its page began by a request of its own: calls that page's functions first."""
        told = {"login": login, "handle": handle, "token": token}
        data = " ".join(f'data-{name}="{escape(value)}"' for name, value in told.items() if value is not None)
        head = f"<script {data}>{_CLASSIC_SCRIPT}</script>{self._script}"
        return self._page("done.html", head, nudge=self._nudge(login, closes=True), shown=provider)

    def finishing(self) -> str:
        """Another worker is at it; a header asks again."""
        return self._page("finishing.html", self._style)

    def failed(self, error: ValetkeyError, *, back: str | None = None, retry_provider: Provider | None = None) -> str:
        """What happened, in one sentence, and for developers why.

        Args:
            back: where the user can go back to.
            retry_provider: the provider to sign in with, here and now.
        """
        head = self._script
        if retry_provider is not None:
            start_url = f"{self._prefix}/{retry_provider.name}"
            following = self._page("failed-here.html", shown=retry_provider, start_url=start_url)
            # A form of ours says where it comes from: without Fetch Metadata nothing else does.
            head = f'<meta name="referrer" content="same-origin">{head}'
        elif back is not None:
            following = self._page("failed-back.html", back_url=back)
        else:
            following = self._page("failed-close.html")
        return self._page(
            "failed.html",
            head,
            nudge=self._nudge("", closes=error.code == "denied" and back is None),
            following=following,
            message=self._words.get(error.code, error.message),
            code=error.code,
            hint=error.hint,
        )

    def _nudge(self, login: str, *, closes: bool) -> str:
        return f'data-login="{escape(login)}" data-openers="{escape(self._openers)}"' + (
            " data-closes" if closes else ""
        )

    def _page(
        self,
        template: str,
        head: str = "",
        *,
        nudge: str = "",
        following: str = "",
        shown: Provider | None = None,
        **values: str,
    ) -> str:
        """``head``, ``nudge`` and ``following`` are HTML of ours; every other value is text, and escaped."""
        text = {name: escape(value) for name, value in values.items()}
        if shown is not None:
            text |= {"provider": escape(shown.title), "icon": _icon(shown.icon)}
        return self._templates[template].substitute(text, head=head, nudge=nudge, next=following)


def _icon(path: str | None) -> str:
    """An icon as inline SVG, which a page's policy allows; nothing where the provider has none."""
    if path is None:
        return ""
    return f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{escape(path)}"/></svg>'


def _own_templates(directory: Path) -> dict[str, str]:
    if not directory.is_dir():
        raise SettingsError("VALETKEY_TEMPLATES: there is no such directory.")
    found, faults = {}, []
    for file in sorted(directory.glob("*.html")):
        if file.name not in _NAMES:
            faults.append(f"{file.name}: no page of ours is called so; there are {', '.join(_NAMES)}.")
            continue
        text = file.read_text()
        faults += [f"{file.name}: {fault}" for fault in _template_faults(text, *_NAMES[file.name])]
        found[file.name] = text
    if faults:
        raise SettingsError("\n".join(f"VALETKEY_TEMPLATES, {fault}" for fault in faults))
    return found


def _template_faults(text: str, known: set[str], needed: set[str]) -> list[str]:
    if not Template(text).is_valid():
        return ["a dollar sign stands alone; write $$ for one."]
    named = set(Template(text).get_identifiers())
    faults = [f"${name} is not known here; there are {sorted(known)}." for name in sorted(named - known)]
    faults += [f"${name} is missing." for name in sorted(needed - named)]
    if _BLOCKED.search(text):
        faults.append("the page's policy blocks scripts and styles inside it; link to files of your own origin.")
    return faults


def _own_words(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    try:
        words = tomllib.loads(file.read_text())
    except tomllib.TOMLDecodeError as fault:
        raise SettingsError(f"VALETKEY_TEMPLATES, {_WORDS}: {fault}") from None
    strange = [code for code, word in words.items() if code not in known_errors() or not isinstance(word, str)]
    if strange:
        raise SettingsError(f"VALETKEY_TEMPLATES, {_WORDS}: not an error's code with a sentence: {', '.join(strange)}")
    return words
