"""The popup's pages. The files that they load are in ``assets``, and their templates in ``template_files``.

A page has no inline script and no inline style, and loads nothing from other origins. It contains fixed text, a login's
id and an error's code, but no secret. The one exception is the last page of a classic login. Its script must run before
anything else loads, so it is inline and allowed by its hash. In token delivery that page has the session token for its
opener.

An app may replace templates (``VALETKEY_TEMPLATES``). Values are escaped here, and a template that the pages' policy
would block is refused at start.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from ...errors import ValetkeyError, WrongHost
from ...providers.record.provider import Provider
from .assets import Asset, asset
from .template_files import SENTENCES_FILE, Split, read_sentences, read_templates, shipped_templates

__all__ = ["CLASSIC_HASH", "Asset", "Pages", "asset", "policy", "relay_page", "shipped_templates"]

_CLASSIC_SCRIPT = (resources.files(__package__) / "deliver.js").read_text(encoding="utf-8").strip()
CLASSIC_HASH = b64encode(hashlib.sha256(_CLASSIC_SCRIPT.encode()).digest()).decode()
# An exclamation mark in a ring: something went wrong.
_SIGN = (
    "M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20zm0 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16z"
    "M11 7h2l-.25 6.5h-1.5zM12 15a1.25 1.25 0 1 1 0 2.5 1.25 1.25 0 0 1 0-2.5z"
)


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


def relay_page(backend: str) -> str:
    """Return the page that an app on another site serves at ``VALETKEY_RELAY``.

    Args:
        backend: the address of our routes, such as ``https://api.example.com/auth``.
    """
    text = (resources.files(__package__) / "relay.html").read_text(encoding="utf-8")
    return Template(text).substitute(backend=escape(backend))


class Pages:
    """The pages of one app.

    Args:
        prefix: the path at which the routes are mounted.
        openers: the origins of other pages that may open these popups. They are nudged, too.
        templates: a directory whose files replace our templates of the same name. Its ``errors.toml`` may give other
            sentences for error codes.
        title: the app's name.
        shows_hints: open the part for developers on the page of every error, as on a developer's machine.
        home: the path of the app's own first page.

    Raises:
        SettingsError: a template has a placeholder that does not exist, lacks one that it must have, or has something
            that the pages' policy blocks.
    """

    def __init__(
        self,
        *,
        prefix: str,
        openers: Sequence[str] = (),
        templates: Path | None = None,
        title: str = "this app",
        shows_hints: bool = False,
        home: str = "/",
    ) -> None:
        texts = shipped_templates()
        self._sentences: dict[str, str] = {}
        if templates is not None:
            texts |= read_templates(templates)
            self._sentences = read_sentences(templates / SENTENCES_FILE)
        self._templates = {name: Split(text) for name, text in texts.items()}
        self._begins: dict[str, tuple[Provider, Split]] = {}
        self._prefix = prefix
        self._openers = " ".join(openers)
        self._title = title
        self._shows_hints = shows_hints
        self._home = home
        self._style = f'<link rel="stylesheet" href="{prefix}/pages.css">'
        self._script = f'<script src="{prefix}/popup.js" async></script>{self._style}'

    def begin(self, *, provider: Provider, continue_url: str) -> str:
        """Return the page on the way to the provider. A Refresh header leads on; the link is a fallback."""
        of, page = self._begins.get(provider.name, (None, None))
        if page is None or of is not provider:
            values = {**self._shown(provider), "app": escape(self._title), "head": self._style}
            page = self._templates["begin.html"].filled_in(values)
            self._begins[provider.name] = (provider, page)
        return page.text({"continue_url": escape(continue_url)})

    def done(self, *, provider: Provider, login_id: str) -> str:
        """Return the last page. It nudges the page that waits, and closes."""
        return self._page(
            "done.html", self._script, nudge=self._nudge(login_id, closes=True), shown=provider, home=self._home
        )

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
        return self._page("done.html", head, nudge=self._nudge(login_id, closes=True), shown=provider, home=self._home)

    def finishing(self) -> str:
        """Return the page for a login that another worker is finishing. A Refresh header asks again."""
        return self._page("finishing.html", self._style)

    def failed(
        self,
        error: ValetkeyError,
        *,
        back: str | None = None,
        here: Provider | None = None,
        again: Provider | None = None,
        leads_on: bool = False,
    ) -> str:
        """Return the page of an error: one sentence for the user, what to do next, and the hint for developers.

        Args:
            error: what happened.
            back: the address that the page's link goes back to. None: the page is in a popup, and closes.
            here: the provider that the user can sign in with from this page, where another browser started the login.
            again: the provider that the user can start the same sign-in with again.
            leads_on: whether a header leads to another page, which closes the window.
        """
        head = self._script
        if here is not None or again is not None:
            # The form must send its origin. In a browser without Fetch Metadata, nothing else says where it comes from.
            head = f'<meta name="referrer" content="same-origin">{head}'
        return self._page(
            "failed.html",
            head,
            nudge=self._nudge("", closes=error.code == "denied" and back is None and not leads_on),
            icon_html=_icon(_SIGN, "icon sign"),
            next_html=self._ways_on(error, back, here, again),
            message=self._sentences.get(error.code, error.message),
            advice=error.advice,
            code=error.code,
            hint=error.hint,
            explained_at=f"{self._prefix}/errors#{error.code}",
            open="open" if error.developer or self._shows_hints else "",
        )

    def _ways_on(self, error: ValetkeyError, back: str | None, here: Provider | None, again: Provider | None) -> str:
        """Return what the user can press on the page of an error."""
        if here is not None:
            return self._page("failed-here.html", shown=here, start_url=f"{self._prefix}/{here.name}")
        ways = []
        if isinstance(error, WrongHost) and error.url is not None:
            ways.append(self._page("failed-address.html", address=error.url))
        if again is not None:
            mode = "popup" if back is None else "page"
            start_url = f"{self._prefix}/{again.name}"
            ways.append(
                self._page("failed-again.html", shown=again, start_url=start_url, mode=mode, return_to=back or "")
            )
        ways.append(self._page("failed-close.html") if back is None else self._page("failed-back.html", back_url=back))
        return "".join(ways)

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
        icon_html: str = "",
        shown: Provider | None = None,
        **values: str,
    ) -> str:
        """Fill in a template. ``head``, ``nudge``, ``next_html`` and ``icon_html`` are our own HTML; every other value
        is escaped."""
        text = {name: escape(value) for name, value in values.items()} | {"app": escape(self._title)}
        text |= {"head": head, "nudge": nudge, "next": next_html, "icon": icon_html}
        if shown is not None:
            text |= self._shown(shown)
        return self._templates[template].text(text)

    @staticmethod
    def _shown(provider: Provider) -> dict[str, str]:
        return {"provider": escape(provider.title), "icon": _icon(provider.icon, "icon")}


def _icon(path: str | None, css_class: str) -> str:
    """Return an icon as inline SVG, which the pages' policy allows. Empty if there is none."""
    if path is None:
        return ""
    return f'<svg class="{css_class}" viewBox="0 0 24 24" aria-hidden="true"><path d="{escape(path)}"/></svg>'
