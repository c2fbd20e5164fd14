"""``GET /auth/providers``: the providers that an app offers, and how their buttons look.

The answer is the same for everyone, holds nothing secret, and names no user. So a page of any origin may read it, and
it may be cached. It is built once, when the app starts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from ..providers.record.provider import Provider
from .pages import Asset

PROTOCOL = 1
"""The version of the routes (docs/http.md). A module of another version says so instead of failing later. It changes
when a request or an answer that the module uses changes its meaning."""

_PUBLIC_SECONDS = 300


def provider_list(providers: Iterable[Provider], *, secure: bool, sandbox: bool = False) -> Asset:
    """The list as a file to serve.

    Args:
        providers: in the order of the buttons.
        secure: whether the app is served over https. On a developer's machine, where it is not, providers change from
            one start to the next, so that a browser asks each time whether its copy is still good.
        sandbox: whether the sandbox plays the providers.

    Returns:
        JSON: ``{"protocol": 1, "providers": [{"name", "title", "icon", "colors"}]}``. ``protocol`` is the version of
        the routes. ``icon`` is one SVG path in a view box of 24 by 24 units, or null; ``colors`` is
        ``{"light": [background, foreground], "dark": [background, foreground]}``, or null. With
        the sandbox there is also ``"sandbox": true``.
    """
    listed = [
        {
            "name": one.name,
            "title": one.title,
            "icon": one.icon,
            "colors": one.colors and {"light": one.colors.light, "dark": one.colors.dark},
        }
        for one in providers
    ]
    answer = {"protocol": PROTOCOL, "providers": listed} | ({"sandbox": True} if sandbox else {})
    body = json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()
    return Asset(
        body=body,
        content_type="application/json",
        etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        cache_control=f"public, max-age={_PUBLIC_SECONDS}" if secure else "public, max-age=0, must-revalidate",
    )
