"""The signature of a request: a text that both sides can build (the base string), and a keyed hash of it.

Each docstring has the rule of the RFC that the function follows. The tests compare the results with published vectors
and with oauthlib.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, get_args
from urllib.parse import urlsplit

from ..encoding import percent_decode, percent_encode

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

SignatureMethod = Literal["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA1", "PLAINTEXT"]
SIGNATURE_METHODS: tuple[SignatureMethod, ...] = get_args(SignatureMethod)
Parameters = Iterable[tuple[str, str]]
Pairs = Iterable[tuple[str, str | None]]

_DIGESTS = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256", "HMAC-SHA512": "sha512"}
_DEFAULT_PORTS = {"http": 80, "https": 443}
_MIN_RSA_BITS = 2048  # NIST SP 800-131A Rev. 2 §3


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


class Template:
    """Pairs of a name and a value as text, with gaps where the values vary.

    Args:
        pairs: the pairs, in this order. They are percent-encoded here. None is a gap.
        start, equals, between, end: what stands around them.
    """

    __slots__ = ("_gaps", "_pieces")

    def __init__(
        self,
        pairs: Pairs,
        *,
        start: str = "",
        equals: str = "=",
        between: str = "&",
        end: str = "",
    ) -> None:
        self._gaps: list[str] = []
        self._pieces: list[str] = []
        text = start
        for number, (name, value) in enumerate(pairs):
            text += f"{between if number else ''}{percent_encode(name)}{equals}"
            if value is None:
                self._gaps.append(name)
                self._pieces.append(text)
                text = ""
            else:
                text += percent_encode(value)
        self._pieces.append(text + end)

    def encoded(self, prefix: str) -> Template:
        """The same, encoded once more, behind a prefix. Values for its gaps are encoded twice."""
        again = Template(())
        again._gaps, again._pieces = self._gaps, [percent_encode(piece) for piece in self._pieces]
        again._pieces[0] = prefix + again._pieces[0]
        return again

    def filled(self, values: Mapping[str, str]) -> str:
        """The text with these values, which are encoded already."""
        first, *others = self._pieces
        return first + "".join([values[name] + piece for name, piece in zip(self._gaps, others, strict=True)])


def base_template(method: str, url: str, parameters: Pairs) -> Template:
    """Method, address and parameters, each encoded once more. RFC 5849 §3.4.1.1.

    The parameters are sorted by name and by value, both encoded (§3.4.1.3.2).

    Args:
        method: the HTTP method.
        url: the address. The parameters of its query are signed, too.
        parameters: those of the header and the body. A value of None is a gap; no other parameter has that name.
    """
    everything: list[tuple[str, str | None]] = [*query_parameters(url), *parameters]
    everything.sort(key=lambda pair: (percent_encode(pair[0]), percent_encode(pair[1] or "")))
    return Template(everything).encoded(f"{percent_encode(method.upper())}&{percent_encode(base_string_uri(url))}&")


def base_string(method: str, url: str, parameters: Parameters) -> str:
    """The base string of a request without gaps. RFC 5849 §3.4.1.1."""
    return base_template(method, url, parameters).filled({})


def sign(text: str, client_secret: str, token_secret: str = "", method: SignatureMethod = "HMAC-SHA1") -> str:
    """Sign a base string with the two secrets.

    HMAC is the keyed hash in base64 (RFC 5849 §3.4.2), also with SHA-256 and SHA-512. PLAINTEXT is the key itself, and
    does not depend on the request (§3.4.4).

    Args:
        text: the base string.
        client_secret: the app's secret.
        token_secret: the secret of the token, or an empty text before there is one. The ``&`` between the two is there
            even when one of them is empty.
        method: any but RSA-SHA1, which uses no secret.
    """
    key = f"{percent_encode(client_secret)}&{percent_encode(token_secret)}"
    if method == "PLAINTEXT":
        return key
    return b64encode(hmac.digest(key.encode(), text.encode(), _DIGESTS[method])).decode()


def sign_with_key(text: str, private_key: str) -> str:
    """Sign a base string with RSA-SHA1: RSASSA-PKCS1-v1_5 with SHA-1, in base64. RFC 5849 §3.4.3.

    Args:
        text: the base string.
        private_key: the app's RSA key, in PEM.
    """
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA1

    return b64encode(_rsa_key(private_key).sign(text.encode(), PKCS1v15(), SHA1())).decode()  # noqa: S303  # the protocol's hash


def rsa_key_fault(private_key: str) -> str | None:
    """What is wrong with an RSA key in PEM: a sentence, or None. The sentence has no part of the key."""
    try:
        key = _rsa_key(private_key)
    except (TypeError, ValueError):
        return "private_key must be an RSA key in PEM, without a password."
    if key.key_size < _MIN_RSA_BITS:
        return f"private_key has {key.key_size} bits. Make an RSA key of at least {_MIN_RSA_BITS} bits."
    return None


@lru_cache(maxsize=16)  # reading a key checks its numbers, which takes longer than signing
def _rsa_key(private_key: str) -> RSAPrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(private_key.encode(), password=None)
    except UnsupportedAlgorithm:
        raise ValueError("not a key that can be read") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not an RSA key")
    return key
