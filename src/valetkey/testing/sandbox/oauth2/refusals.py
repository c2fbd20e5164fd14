"""How an OAuth 2.0 server says no, and how it explains in one line what was wrong."""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode


class DeadEnd(Exception):
    """The user must not be sent to the address that the request names. RFC 6749 §4.1.2.1."""


class Refusal(Exception):
    """An error of the protocol.

    Args:
        error: the code, such as ``invalid_grant``. RFC 6749 §4.1.2.1, §5.2.
        reason: what was wrong, for ``X-Sandbox-Reason``.
        status: of HTTP, where a program asked.
    """

    def __init__(self, error: str, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.error = error
        self.reason = reason
        self.status = status


class Judge:
    """Refuses what is wrong. In lenient mode it accepts it, and notes what it has overlooked."""

    def __init__(self, *, lenient: bool) -> None:
        self.lenient = lenient
        self.overlooked: list[str] = []

    def wrong(self, error: str, reason: str, status: int = 400) -> None:
        """Refuse, or overlook.

        Raises:
            Refusal: this judge is strict.
        """
        if not self.lenient:
            raise Refusal(error, reason, status)
        self.overlooked.append(reason)


def difference(expected: str, got: str) -> str:
    """Say where two texts differ."""
    ours, theirs = expected.encode(), got.encode()
    pairs = zip(ours, theirs, strict=False)
    at = next((at for at, (one, two) in enumerate(pairs) if one != two), min(len(ours), len(theirs)))
    shown, other = (text[at : at + 24].decode("utf-8", "replace") for text in (ours, theirs))
    return f"first differing byte {at}: expected {shown!r}, got {other!r}"


def wrong_secret(expected: str, got: str, client_id: str) -> str:
    """Say what is wrong with a client secret, without the secret itself."""
    if got == client_id:
        return "the client secret is the client id"
    if got.rstrip(" \t\r\n") == expected or got.lstrip(" \t\r\n") == expected:
        return "the client secret has a space or a line end"
    return f"the client secret differs at byte {_first(expected, got)} of {len(expected)}"


def s256(verifier: str) -> str:
    """Return the S256 challenge of a verifier. RFC 7636 §4.2."""
    return _base64url(hashlib.sha256(verifier.encode()).digest())


def wrong_challenge(challenge: str) -> str:
    """Say why a challenge cannot be one of S256. RFC 7636 §4.2: the base64url of 32 octets, without padding."""
    if re.fullmatch(r"[0-9A-Fa-f]{64}", challenge):
        return "code_challenge is hexadecimal digits, not base64url"
    if re.search(r"[+/]", challenge):
        return "code_challenge is base64, not base64url"
    return f"code_challenge must be 43 characters of base64url without padding; it has {len(challenge)}"


def wrong_verifier(challenge: str, verifier: str) -> str:
    """Say why a verifier does not fit its challenge. The usual mistakes are tried."""
    if verifier == challenge:
        return "code_verifier and code_challenge are equal: the method is S256, not plain"
    if s256(s256(verifier)) == challenge:
        return "code_challenge is S256 of the S256 of the code_verifier"
    return f"S256 of the code_verifier is {s256(verifier)}, and the code_challenge was {challenge}"


def _first(expected: str, got: str) -> int:
    pairs = zip(expected, got, strict=False)
    return next((at for at, (one, two) in enumerate(pairs) if one != two), min(len(expected), len(got)))


def _base64url(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()
