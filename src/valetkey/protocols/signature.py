"""A request's signature: the base string both sides can build, and a keyed hash of it.

The text above each function is the RFC's rule that it obeys. Held to published vectors and to oauthlib in the tests.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable
from typing import Literal
from urllib.parse import urlsplit

from .encoding import percent_decode, percent_encode

SignatureMethod = Literal["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"]
Parameters = Iterable[tuple[str, str]]

_DIGESTS = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256, "HMAC-SHA512": hashlib.sha512}
_DEFAULT_PORTS = {"http": 80, "https": 443}


def base_string_uri(url: str) -> str:
    """Scheme and host in lower case, the port only where it is not the default, no query. RFC 5849 §3.4.1.2."""
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    if parts.port is not None and parts.port != _DEFAULT_PORTS.get(scheme):
        host = f"{host}:{parts.port}"
    return f"{scheme}://{host}{parts.path.replace(' ', '%20') or '/'}"


def query_parameters(url: str) -> list[tuple[str, str]]:
    """The query's pairs, decoded, empty values and repetitions kept. RFC 5849 §3.4.1.3.1."""
    query = urlsplit(url).query
    pairs = (piece.partition("=") for piece in query.split("&") if piece)
    return [(percent_decode(name), percent_decode(value)) for name, _, value in pairs]


def normalize(parameters: Parameters) -> str:
    """Encode, then sort by name and by value, then join. RFC 5849 §3.4.1.3.2."""
    encoded = sorted((percent_encode(name), percent_encode(value)) for name, value in parameters)
    return "&".join(f"{name}={value}" for name, value in encoded)


def base_string(method: str, url: str, parameters: Parameters) -> str:
    """Method, address and parameters, each encoded once more. ``parameters`` are those of header and body; the
    query's are taken from ``url``. RFC 5849 §3.4.1.1."""
    everything = [*query_parameters(url), *parameters]
    parts = (method.upper(), base_string_uri(url), normalize(everything))
    return "&".join(percent_encode(part) for part in parts)


def sign(text: str, client_secret: str, token_secret: str = "", method: SignatureMethod = "HMAC-SHA1") -> str:
    """The keyed hash of a base string, base64. The ``&`` between the secrets stands even when one is empty.
    RFC 5849 §3.4.2; SHA-256 where a provider asks for it."""
    key = f"{percent_encode(client_secret)}&{percent_encode(token_secret)}"
    return b64encode(hmac.new(key.encode(), text.encode(), _DIGESTS[method]).digest()).decode()


def authorization_header(parameters: Parameters) -> str:
    """The ``Authorization`` header's value. RFC 5849 §3.5.1."""
    return "OAuth " + ", ".join(f'{percent_encode(name)}="{percent_encode(value)}"' for name, value in parameters)
