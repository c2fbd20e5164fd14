"""What a provider's file is made of: a record for each protocol, and what a record is made of. A server that speaks
OpenID Connect needs no file: ``oidc`` makes a provider of its issuer.

A protocol's record is loaded when the first provider needs it, so that ``import valetkey`` stays quick (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .appearance import Colors
    from .by_issuer import oidc
    from .fields import Fields, decimal, number, text
    from .oauth1 import OAuth1Record
    from .oauth2 import OAuth2Record
    from .openid import OpenIDRecord

__all__ = ["Colors", "Fields", "OAuth1Record", "OAuth2Record", "OpenIDRecord", "decimal", "number", "oidc", "text"]

_MODULES = {
    "Colors": "appearance",
    "Fields": "fields",
    "OAuth1Record": "oauth1",
    "OAuth2Record": "oauth2",
    "OpenIDRecord": "openid",
    "decimal": "fields",
    "number": "fields",
    "oidc": "by_issuer",
    "text": "fields",
}


def __getattr__(name: str) -> object:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f".{module}", __name__), name)
    globals()[name] = found
    return found
