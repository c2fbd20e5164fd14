"""OpenID Connect: OAuth 2.0, and an ID token that says who the user is."""

from .facts import IDTokenKey, OpenIDFacts
from .protocol import OpenIDConnect

__all__ = ["IDTokenKey", "OpenIDConnect", "OpenIDFacts"]
