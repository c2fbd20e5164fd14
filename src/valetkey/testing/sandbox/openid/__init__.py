"""Providers over OpenID Connect: who the user is stands in a signed ID token."""

from .acme import Acme
from .apple import Apple
from .front import OpenIDFront
from .gitlab import GitLab
from .google import Google
from .microsoft import Microsoft

__all__ = ["Acme", "Apple", "GitLab", "Google", "Microsoft", "OpenIDFront"]
