"""Providers over OAuth 2.0 alone: who the user is comes from a profile request."""

from .facts import credentials_of
from .front import OAuth2Front
from .github import GitHub

__all__ = ["GitHub", "OAuth2Front", "credentials_of"]
