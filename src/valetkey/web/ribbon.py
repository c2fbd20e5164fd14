"""The ribbon on every page of ours, in the sandbox mode: nobody can take such a page for a real sign-in."""

from __future__ import annotations

import re
from dataclasses import replace

from .http import Reply

_BODY = re.compile(rb"<body[^>]*>")
_RIBBON = b'<aside class="sandbox" aria-label="Sandbox"><b>Sandbox:</b> no real sign-in</aside>'


def with_ribbon(reply: Reply) -> Reply:
    """Return a reply, with the ribbon if it is a page. A template of the app's own gets it, too."""
    if not any(name == "content-type" and value.startswith("text/html") for name, value in reply.headers):
        return reply
    return replace(reply, body=_BODY.sub(lambda found: found[0] + _RIBBON, reply.body, count=1))
