"""The signature of a request: a text that both sides can build (the base string), and a keyed hash of it.

Each docstring has the rule of the RFC that the function follows. The tests compare the results with published vectors
and with oauthlib.
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
    """The address as it is signed. RFC 5849 §3.4.1.2.

    Scheme and host are in lower case, the port is there only if it is not the default, and the query is left out.
    """
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    if parts.port is not None and parts.port != _DEFAULT_PORTS.get(scheme):
        host = f"{host}:{parts.port}"
    return f"{scheme}://{host}{parts.path.replace(' ', '%20') or '/'}"


def query_parameters(url: str) -> list[tuple[str, str]]:
    """The pairs of a query, decoded. Empty values and repetitions stay. RFC 5849 §3.4.1.3.1."""
    query = urlsplit(url).query
    pairs = (piece.partition("=") for piece in query.split("&") if piece)
    return [(percent_decode(name), percent_decode(value)) for name, _, value in pairs]


def normalize(parameters: Parameters) -> str:
    """Encode the parameters, sort them by name and by value, and join them. RFC 5849 §3.4.1.3.2."""
    encoded = sorted((percent_encode(name), percent_encode(value)) for name, value in parameters)
    return "&".join(f"{name}={value}" for name, value in encoded)


def base_string(method: str, url: str, parameters: Parameters) -> str:
    """Method, address and parameters, each encoded once more. RFC 5849 §3.4.1.1.

    Args:
        method: the HTTP method.
        url: the address. The parameters of its query are signed, too.
        parameters: those of the header and the body.
    """
    everything = [*query_parameters(url), *parameters]
    parts = (method.upper(), base_string_uri(url), normalize(everything))
    return "&".join(percent_encode(part) for part in parts)


def sign(text: str, client_secret: str, token_secret: str = "", method: SignatureMethod = "HMAC-SHA1") -> str:
    """The keyed hash of a base string, in base64. RFC 5849 §3.4.2, also with SHA-256 and SHA-512.

    Args:
        text: the base string.
        client_secret: the app's secret.
        token_secret: the secret of the token, or an empty text before there is one. The ``&`` between the two is there
            even when one of them is empty.
        method: which hash is used.
    """
    key = f"{percent_encode(client_secret)}&{percent_encode(token_secret)}"
    return b64encode(hmac.new(key.encode(), text.encode(), _DIGESTS[method]).digest()).decode()


def authorization_header(parameters: Parameters) -> str:
    """The value of the ``Authorization`` header. RFC 5849 §3.5.1."""
    return "OAuth " + ", ".join(f'{percent_encode(name)}="{percent_encode(value)}"' for name, value in parameters)
