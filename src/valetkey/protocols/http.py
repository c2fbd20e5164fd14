"""What a conversation with a provider is made of: requests, responses, and the generator that connects them."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import field
from typing import TypeVar

from ..models.value_class import value_class

Result = TypeVar("Result")

Flow = Generator["HttpRequest", "HttpResponse", Result]
"""A conversation. It yields requests, is sent responses, and returns a checked result or raises a ``ValetkeyError``."""


@value_class(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request, to be sent exactly as it is to the URL that was signed."""

    method: str
    # Not in repr: the Authorization header, or the query in its place, has a signature that is valid until its nonce is
    # used.
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)


@value_class(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """A response. Its body is decoded and within the transport's limit; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    # Not in repr: the body of a success is a secret.
    body: bytes = field(repr=False)


@value_class(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What makes a request unique: seconds since 1970, and a nonce of at least 128 bits (RFC 5849 §3.3)."""

    timestamp: int
    nonce: str
