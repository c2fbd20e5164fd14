"""What a conversation is made of: a request out, a response in, and the generator between them."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

Result = TypeVar("Result")

Flow = Generator["HttpRequest", "HttpResponse", Result]
"""A conversation: yields requests, is sent responses, returns a judged result or raises a ``ValetkeyError``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request to be sent exactly as it stands, to the URL that was signed."""

    method: str
    url: str
    # Not in repr: the Authorization header carries a signature that is good until its nonce is seen.
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """A reply, its body decoded and within the transport's limit. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    # Not in repr: a successful body is a secret.
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What makes a request unique: seconds since 1970, and a nonce of at least 128 bits (RFC 5849 §3.3)."""

    timestamp: int
    nonce: str
