"""Verifies signatures of every method, from the raw bytes of a request, and explains why one is wrong.

It is written from RFC 5849 and shares no code with the client. It never uses what a framework has decoded, and it
reads a request in one way only. After a signature turned out to be wrong, it tries the usual mistakes to explain it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ENCODED = [bytes([octet]) if octet in _PLAIN else b"%%%02X" % octet for octet in range(256)]
_PARAMETER = re.compile(rb'[ \t]*([^= \t]+)="([^"]*)"[ \t]*')

HMAC = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256, "HMAC-SHA512": hashlib.sha512}

Pairs = list[tuple[bytes, bytes]]


class Unreadable(Exception):
    """The request can be read in more than one way."""


@dataclass(frozen=True, slots=True)
class Signed:
    """The signed parts of a request. ``url`` has neither query nor fragment.

    ``places`` says where protocol parameters were: ``header``, ``query``, ``body``. ``realm`` is that of the header.
    """

    method: bytes
    url: bytes
    pairs: Pairs
    places: frozenset[str] = frozenset()
    realm: str | None = None

    def oauth(self, name: str) -> str | None:
        """Return a parameter. None if it was not sent."""
        key = name.encode()
        return next((value.decode("utf-8", "replace") for found, value in self.pairs if found == key), None)


def encode(octets: bytes) -> bytes:
    """Percent-encode. RFC 5849 §3.6."""
    return b"".join(map(_ENCODED.__getitem__, octets))


def decode(octets: bytes, *, form: bool) -> bytes:
    """Percent-decode. In a form, a plus is a space."""
    if form:
        octets = octets.replace(b"+", b" ")
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda hit: bytes([int(hit[1], 16)]), octets)


def read(
    *, method: str, origin: str, raw_path: bytes, raw_query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> Signed:
    """Collect the parameters of header, query and form body. RFC 5849 §3.4.1.3.1.

    A protocol parameter with the same value in two places counts once, because some clients of X send it so.

    Args:
        method: of HTTP.
        origin: scheme, host and port that the client must have signed.
        raw_path, raw_query, headers, body: as they were sent.

    Raises:
        Unreadable: a protocol parameter has two values.
    """
    parts: dict[str, Pairs] = {"header": [], "query": _form(raw_query), "body": []}
    realm: str | None = None
    for name, value in headers:
        if name == b"authorization" and value[:6].lower() == b"oauth ":
            found = (_PARAMETER.fullmatch(piece) for piece in value[6:].split(b","))
            parts["header"] += [(decode(hit[1], form=False), decode(hit[2], form=False)) for hit in found if hit]
    for name, value in parts["header"]:
        if name.lower() == b"realm":
            realm = value.decode("utf-8", "replace")
    parts["header"] = [(name, value) for name, value in parts["header"] if name.lower() != b"realm"]
    kinds = [value.partition(b";")[0].strip(b" \t").lower() for name, value in headers if name == b"content-type"]
    if kinds == [b"application/x-www-form-urlencoded"]:
        parts["body"] = _form(body)
    once: dict[bytes, bytes] = {}
    kept: Pairs = []
    for name, value in (pair for pairs in parts.values() for pair in pairs):
        if name.startswith(b"oauth_"):
            if name in once:
                if once[name] != value:
                    raise Unreadable(f"double authentication: two values for {name.decode('ascii', 'replace')}")
                continue
            once[name] = value
        kept.append((name, value))
    places = frozenset(place for place, pairs in parts.items() if any(name.startswith(b"oauth_") for name, _ in pairs))
    return Signed(method.upper().encode(), base_uri(origin, raw_path), kept, places, realm)


def base_uri(origin: str, raw_path: bytes) -> bytes:
    """Return the base string URI. RFC 5849 §3.4.1.2. The configured origin has no default port."""
    return origin.lower().encode() + (raw_path or b"/")


def base_string(signed: Signed) -> bytes:
    """Return the signature base string. RFC 5849 §3.4.1.1, §3.4.1.3.2."""
    encoded = sorted((encode(name), encode(value)) for name, value in signed.pairs if name != b"oauth_signature")
    normalized = b"&".join(name + b"=" + value for name, value in encoded)
    return b"&".join((encode(signed.method), encode(signed.url), encode(normalized)))


def digest(text: bytes, consumer_secret: str, token_secret: str, method: str = "HMAC-SHA1") -> str:
    """Return the signature that the two secrets make. RFC 5849 §3.4.2, §3.4.4."""
    key = encode(consumer_secret.encode()) + b"&" + encode(token_secret.encode())
    if method == "PLAINTEXT":
        return key.decode()
    return b64encode(hmac.new(key, text, HMAC[method]).digest()).decode()


def is_valid(signed: Signed, consumer_secret: str, token_secret: str, public_key: RSAPublicKey | None = None) -> bool:
    """Return whether the signature is right. RFC 5849 §3.2.

    Args:
        signed: the request, with a method that is known.
        consumer_secret, token_secret: the right ones.
        public_key: the app's, for RSA-SHA1, which uses no secret (§3.4.3).
    """
    method, sent = signed.oauth("oauth_signature_method") or "HMAC-SHA1", signed.oauth("oauth_signature") or ""
    if method == "RSA-SHA1":
        return public_key is not None and _is_signed_by(public_key, base_string(signed), sent)
    expected = digest(base_string(signed), consumer_secret, token_secret, method)
    return hmac.compare_digest(expected.encode(), sent.encode())


def _is_signed_by(public_key: RSAPublicKey, text: bytes, sent: str) -> bool:
    try:
        public_key.verify(b64decode(sent, validate=True), text, PKCS1v15(), SHA1())  # noqa: S303  # the protocol's hash
    except (InvalidSignature, ValueError):
        return False
    return True


def explain(signed: Signed, consumer_secret: str, token_secret: str, theirs: bytes | None = None) -> str:
    """Explain a wrong signature.

    The usual mistakes are tried. If one of them gives the signature that came, both base strings are compared.

    Args:
        signed: the request.
        consumer_secret, token_secret: the right ones.
        theirs: the client's own base string, if it sent one.
    """
    expected, got = base_string(signed), signed.oauth("oauth_signature") or ""
    method = signed.oauth("oauth_signature_method") or "HMAC-SHA1"
    if not got:
        return "no oauth_signature"
    if theirs is not None and theirs != expected:
        return compare(expected, theirs)
    if method == "RSA-SHA1":
        text = expected.decode("ascii", "replace")
        return f"it was signed with another key than the app's, or over another base string than {text}"
    for mistake, keys in (
        ("signed without the request token secret", (consumer_secret, "")),
        ("signed with the secrets swapped", (token_secret, consumer_secret)),
        ("the token secret has a space or a line end", (consumer_secret, token_secret + "\n")),
        ("the consumer secret has a space or a line end", (consumer_secret + "\n", token_secret)),
    ):
        if digest(expected, *keys, method) == got:
            return mistake
    for mistake, other in _mistakes(signed, expected):
        if digest(other, consumer_secret, token_secret, method) == got:
            return f"{mistake}; {compare(expected, other)}"
    text = expected.decode("ascii", "replace")
    return f"no usual mistake explains it: the consumer secret is wrong, or another base string than {text} was signed"


def compare(expected: bytes, theirs: bytes) -> str:
    """Say where two base strings differ."""
    pairs = zip(expected, theirs, strict=False)
    at = next((at for at, (one, two) in enumerate(pairs) if one != two), min(len(expected), len(theirs)))
    ours = expected[at : at + 24].decode("ascii", "replace")
    other = theirs[at : at + 24].decode("ascii", "replace")
    return f"first differing byte {at}: expected {ours!r}, signed {other!r}"


def _mistakes(signed: Signed, expected: bytes) -> list[tuple[str, bytes]]:
    plain = [(name, value) for name, value in signed.pairs if name != b"oauth_signature"]

    def over(pairs: Pairs, url: bytes = signed.url, method: bytes = signed.method) -> bytes:
        return base_string(Signed(method, url, pairs))

    hosts = (b"https://api.x.com", b"https://api.twitter.com", b"http://api.x.com")
    path = b"/" + signed.url.partition(b"://")[2].partition(b"/")[2]
    return [
        ("the query or body was not signed", over([pair for pair in plain if pair[0].startswith(b"oauth_")])),
        ("another method was signed", over(plain, method=b"GET" if signed.method == b"POST" else b"POST")),
        *((f"another host was signed ({host.decode()})", over(plain, url=host + path)) for host in hosts),
        ("values were encoded twice", over([(name, encode(value)) for name, value in plain])),
        ("spaces were signed as plus", expected.replace(b"%2520", b"%2B")),
        ("the callback was not signed", over([pair for pair in plain if pair[0] != b"oauth_callback"])),
        ("the verifier was not signed", over([pair for pair in plain if pair[0] != b"oauth_verifier"])),
        ("hexadecimal digits are in lower case", re.sub(rb"%[0-9A-F]{2}", lambda hit: hit[0].lower(), expected)),
    ]


def _form(octets: bytes) -> Pairs:
    pieces = (piece.partition(b"=") for piece in octets.split(b"&") if piece)
    return [(decode(name, form=True), decode(value, form=True)) for name, _, value in pieces]
