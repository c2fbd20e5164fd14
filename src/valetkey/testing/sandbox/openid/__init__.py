"""Providers over OpenID Connect: who the user is stands in a signed ID token."""

from .acme import Acme
from .front import OpenIDFront
from .google import Google

__all__ = ["Acme", "Google", "OpenIDFront"]
