"""OAuth 1.0a (RFC 5849): a login's steps, what a provider is like, and how a request is signed."""

from .facts import OAuth1Facts
from .protocol import OAuth1
from .signed_request import ClientCredentials

__all__ = ["ClientCredentials", "OAuth1", "OAuth1Facts"]
