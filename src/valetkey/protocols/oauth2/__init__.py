"""OAuth 2.0 (RFC 6749, RFC 7636): a login's steps, what a provider is like, and the two replies that are read."""

from .facts import ClientAuthentication, ClientCredentials, OAuth2Facts, TokenPlacement
from .protocol import OAuth2, basic_authorization, code_challenge, draw

__all__ = [
    "ClientAuthentication",
    "ClientCredentials",
    "OAuth2",
    "OAuth2Facts",
    "TokenPlacement",
    "basic_authorization",
    "code_challenge",
    "draw",
]
