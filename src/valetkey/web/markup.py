"""HTML that a server-rendered app puts into its pages: our elements, for the templates of frameworks."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ..models import Account, Identity
from ..providers.record.provider import Provider


def account_panel(script_url: str, providers: Iterable[Provider], account: Account | None) -> str:
    """Return ``<account-panel>`` and the browser module that it needs.

    Until the module has loaded, and in a browser without JavaScript, the panel shows the list that is in it.

    Args:
        script_url: the address of ``client.js`` or ``token.js``.
        providers: those of the app, for their titles.
        account: whose identities are listed. None: no list.

    Returns:
        HTML. Everything in it is escaped.
    """
    titles = {one.name: one.title for one in providers}
    items = [
        f"<li>{escape(titles.get(one.provider, one.provider))} <bdi>{escape(_name(one))}</bdi></li>"
        for one in (account.identities if account is not None else ())
    ]
    listed = f"<ul>{''.join(items)}</ul>" if items else ""
    return f'<script type="module" src="{escape(script_url)}"></script>\n<account-panel>{listed}</account-panel>'


def _name(identity: Identity) -> str:
    """What a user knows an identity by, as the module shows it."""
    if identity.handle:
        return f"@{identity.handle}"
    return identity.name or identity.email or identity.subject
