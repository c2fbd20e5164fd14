"""Providers over OAuth 1.0a: a core of facts, and X at the root of the sandbox."""

from __future__ import annotations

from .facts import Facts, Profile, number
from .provider import OAuth1Provider
from .refusals import Refused
from .signature import Signed
from .tokens import AccessToken, RequestToken
from .x import X1

__all__ = [
    "X1",
    "AccessToken",
    "Facts",
    "OAuth1Provider",
    "Profile",
    "Refused",
    "RequestToken",
    "Signed",
    "number",
]
