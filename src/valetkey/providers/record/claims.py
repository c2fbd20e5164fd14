"""Reads what a provider says about a user: the subject strictly, and what is only displayed tolerantly.

A malformed subject fails the login, because it would be another user. A malformed name, picture or e-mail address is
left out, because the user can sign in without it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from ...errors import ProviderReplyInvalid
from ...models import Profile
from ...protocols.openid.id_token import PLACEHOLDERS
from .provider import readable

# "sub": at most 255 ASCII characters (OpenID Connect Core 1.0 §2). None of them is a control character.
_SUBJECT = re.compile(r"(?! *$)[ -~]{1,255}")
# A positive number without leading zeros, so that one user has one spelling.
_DECIMAL = re.compile(r"[1-9][0-9]{0,19}")
# The characters of a URL (RFC 3986 §2): no quote, no angle bracket, no backslash, no space.
_ADDRESS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&()*+,;=%]{1,2000}")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def subject_of(value: object) -> str:
    """An id that is text, exactly as it was sent. OpenID Connect Core 1.0 §2.

    Raises:
        ProviderReplyInvalid: it is not 1 to 255 printable ASCII characters, or it is a placeholder.
    """
    if not isinstance(value, str) or not _SUBJECT.fullmatch(value) or value in PLACEHOLDERS:
        raise ProviderReplyInvalid("The reply lacks a usable id of the user.")
    return value


def number_of(value: object) -> str:
    """An id that is a positive JSON number, as a decimal number. Python reads a JSON integer of any size exactly.

    Raises:
        ProviderReplyInvalid: it is anything else. ``true`` is a Python integer, too, and 7.0 may be a rounded number.
    """
    if type(value) is not int or not 0 < value < 10**20:
        raise ProviderReplyInvalid("The reply lacks a usable id of the user.")
    return str(value)


def decimal_of(value: object) -> str:
    """An id that is a positive decimal number in a JSON text.

    Raises:
        ProviderReplyInvalid: it is anything else, or has another spelling, such as ``007``.
    """
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise ProviderReplyInvalid("The reply lacks a usable id of the user.")
    return value


def picture_of(value: object) -> str | None:
    """An address that a page may load: https, or http on this machine, where a sandbox runs."""
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK) else None


def email_of(value: object) -> str | None:
    """The text of an e-mail address. The core judges whether it is one."""
    return value if isinstance(value, str) and value else None


def object_of(value: object) -> Mapping[str, object]:
    """A JSON object inside a reply. Empty where the value is something else."""
    return value if isinstance(value, dict) else {}


def is_true(flag: object) -> bool:
    """Whether a flag is JSON ``true``. The text ``"false"`` would be true for ``bool``."""
    return flag is True


def is_true_or_text(flag: object) -> bool:
    """Whether a flag is JSON ``true`` or its text, at a provider whose pages say that it may be either."""
    return flag is True or flag == "true"


def primary_email(
    entries: object, *, primary: str = "primary", email: str = "email", verified: str | None = None
) -> tuple[str | None, bool]:
    """Read a list of a user's addresses, of which one is marked as the primary one.

    Args:
        entries: the list, of any type.
        primary, email, verified: the members of an entry. None: the provider does not say which are verified.

    Returns:
        The primary address, and whether it is verified. None if there is none.
    """
    found = map(object_of, entries) if isinstance(entries, list) else ()
    entry = next((one for one in found if one.get(primary) is True), {})
    address = email_of(entry.get(email))
    return address, address is not None and verified is not None and is_true(entry.get(verified))


def read_claims(
    claims: Mapping[str, object], *, subject: str | None = None, is_verified: Callable[[object], bool] = is_true
) -> Profile:
    """Read the standard claims. OpenID Connect Core 1.0 §5.1.

    Args:
        claims: of an ID token that was checked, or of the UserInfo endpoint.
        subject: the subject, where it is not ``sub``.
        is_verified: reads ``email_verified``.

    Raises:
        ProviderReplyInvalid: ``sub`` is missing or malformed.
    """
    email = email_of(claims.get("email"))
    return Profile(
        subject=subject_of(claims.get("sub")) if subject is None else subject,
        preferred_username=readable(claims.get("preferred_username")),
        name=readable(claims.get("name")),
        picture=picture_of(claims.get("picture")),
        email=email,
        email_verified=email is not None and is_verified(claims.get("email_verified")),
    )


def read_userinfo(reply: Mapping[str, object], *, is_verified: Callable[[object], bool] = is_true) -> Profile:
    """Read the reply of a UserInfo endpoint. OpenID Connect Core 1.0 §5.3.2.

    Args:
        reply: of the endpoint.
        is_verified: reads ``email_verified``.

    Returns:
        A profile whose subject is empty if ``sub`` is not text: the core then uses nothing of it.
    """
    subject = reply.get("sub")
    return read_claims(reply, subject=subject if isinstance(subject, str) else "", is_verified=is_verified)


def is_loopback(url: str) -> bool:
    """Whether an address from the settings is this machine's."""
    return urlsplit(url).hostname in _LOOPBACK
