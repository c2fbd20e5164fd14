"""Providers over OAuth 2.0 alone: who the user is comes from a profile request."""

from .discord import Discord
from .facebook import Facebook
from .facts import credentials_of
from .front import OAuth2Front
from .github import GitHub
from .x import X2

__all__ = ["X2", "Discord", "Facebook", "GitHub", "OAuth2Front", "credentials_of"]
