"""Answers below the prefix where nobody can sign in yet: a project under development without keys."""

from __future__ import annotations

from ...errors import MethodNotAllowed, NotConfigured
from ...web import pages
from ...web.endpoints import asset_reply
from ...web.http import Incoming, Reply
from ...web.replies import error_reply


def unconfigured_reply(incoming: Incoming, missing: NotConfigured, prefix: str) -> Reply:
    """The error, as a page or as JSON. The files of the browser module need no settings, so that a page shows its
    button, and a click on it says what to do.

    Args:
        incoming: the request.
        missing: what to do.
        prefix: the path of the routes, as browsers see it.
    """
    templates = pages.Pages(prefix=prefix, shows_hints=True)
    try:
        asset = pages.asset(incoming.path)
        return error_reply(incoming, missing, templates) if asset is None else asset_reply(incoming, asset)
    except MethodNotAllowed as refused:
        return error_reply(incoming, refused, templates)
