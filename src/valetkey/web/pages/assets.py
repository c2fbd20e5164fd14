"""The files that our routes serve as they are: the browser module, the scripts of the popup's pages, the stylesheet."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources

_CONTENT_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_ASSETS = frozenset(
    {
        "client.js",
        "token.js",
        "watch.js",
        "return.js",
        "callback.js",
        "button.js",
        "buttons.js",
        "signed-in.js",
        "panel.js",
        "account.js",
        "classic.js",
        "relay.js",
        "popup.js",
        "start.js",
        "pages.css",
    }
)


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


def asset(name: str) -> Asset | None:
    """Return a file of the browser module, the popup's script or the stylesheet. None for any other name."""
    return _read(name) if name in _ASSETS else None


@cache  # of the names above alone: a client may ask for any number of others
def _read(name: str) -> Asset:
    body = (resources.files(__package__) / name).read_bytes()
    tag = hashlib.sha256(body).hexdigest()[:32]
    return Asset(body=body, content_type=_CONTENT_TYPES[name.rpartition(".")[2]], etag=f'"{tag}"')
