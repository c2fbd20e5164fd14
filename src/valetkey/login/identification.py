"""Reads who signed in from the provider's reply, and checks the identity.

A provider's ``identify`` and ``describe`` are code outside the core. Whatever they return or raise, an identity that
leaves this module has a usable subject, or the login fails. Two users with an empty subject would share one account.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar, cast

from ..errors import ProviderError, ProviderReplyInvalid, SuspendedAtProvider, ValetkeyError
from ..models import Profile
from ..protocols.grammar import is_visible
from ..protocols.json_reply import read_json_value
from ..protocols.profile import read_profile
from ..providers.record.provider import Provider, readable
from .profile_requests import ProfileRequests

MAX_SUBJECT_CHARACTERS = 255  # OpenID Connect Core 1.0 §2, "sub"
MAX_PICTURE_CHARACTERS = 2000
MAX_EMAIL_CHARACTERS = 254  # RFC 5321 §4.5.3.1.3 less the angle brackets, as RFC 3696's erratum 1690 has it
# What separates addresses or quotes in a header (RFC 5322 §3.2.3): an app that writes an address into one must not
# write to somebody else besides.
_EMAIL_SPECIALS = frozenset('()<>[]:;,\\"')

Reply = TypeVar("Reply")

log = logging.getLogger("valetkey")


async def identified(
    provider: Provider, claims: Mapping[str, object], userinfo_url: str | None, requests: ProfileRequests
) -> Profile:
    """Read who signed in.

    Args:
        provider: the provider's record.
        claims: what the exchange says about the user.
        userinfo_url: where more is read, if the record has no address of its own.
        requests: sends profile requests, within their budget.

    Returns:
        Who signed in, checked. No address is verified whose provider does not verify any (``verifies_email``).

    Raises:
        ProviderError, SuspendedAtProvider: there is no usable identity, or the profile is of another user; or, if the
            identity comes from the profile request, that request failed.
    """
    found = await _found(provider, claims, userinfo_url, requests)
    if found.email_verified and not provider.verifies_email:
        return replace(found, email_verified=False)
    return found


async def _found(
    provider: Provider, claims: Mapping[str, object], userinfo_url: str | None, requests: ProfileRequests
) -> Profile:
    url = provider.profile_url or userinfo_url
    if provider.identity_from == "profile" and url is not None:
        known = require_identity(await _profile(provider, url, requests, required=True))
    else:
        known = require_identity(_called(provider, "identify", provider.identify, claims))
        if url is not None and provider.describe is not None:
            known = _joined(known, await _optional_profile(provider, url, requests))
    if provider.email_url is not None and not known.email_verified:
        return await _with_email(provider, provider.email_url, known, requests)
    return known


def require_identity(profile: object) -> Profile:
    """Check a profile.

    Args:
        profile: what the provider's code returned, of any type.

    Returns:
        The profile. Its subject has 1 to 255 characters, one of them visible, and no control character or surrogate.
        The other members only describe a user; one that is not usable is left out. ``email_verified`` is true only if
        the provider's code said True itself, of an address that is usable.

    Raises:
        ProviderReplyInvalid: it is no profile, or its subject is not usable.
    """
    if not isinstance(profile, Profile):
        raise ProviderReplyInvalid("The provider's code returned no Profile, so nobody was signed in.")
    subject: object = profile.subject
    if not isinstance(subject, str) or not subject:
        raise ProviderReplyInvalid("The identity has no subject, so nobody was signed in.")
    if len(subject) > MAX_SUBJECT_CHARACTERS:
        raise ProviderReplyInvalid(f"The identity's subject has more than {MAX_SUBJECT_CHARACTERS} characters.")
    if not is_visible(subject):  # visible ASCII, as most of them are, needs no look at each character
        categories = {unicodedata.category(char) for char in subject}
        if categories & {"Cc", "Cs", "Zl", "Zp"} or all(category[0] in "CZ" for category in categories):
            raise ProviderReplyInvalid("The identity's subject has a control character or a surrogate, or is blank.")
    email, verified = _email(profile.email), cast(object, profile.email_verified)
    return Profile(
        subject=subject,
        preferred_username=readable(profile.preferred_username),
        name=readable(profile.name),
        picture=_picture(profile.picture),
        email=email,
        # Only True itself. A provider that writes a flag otherwise has a record that translates it: the text "false" is
        # true in Python.
        email_verified=email is not None and verified is True,
    )


def _picture(value: object) -> str | None:
    """An address that a page may load."""
    if not isinstance(value, str) or not value.startswith(("https://", "http://")):
        return None
    return value if value.isascii() and value.isprintable() and len(value) <= MAX_PICTURE_CHARACTERS else None


def _email(value: object) -> str | None:
    """An address that e-mail may be sent to: two parts around one @, in visible characters. Whether anybody receives
    it, only the provider can say."""
    if not isinstance(value, str) or len(value) > MAX_EMAIL_CHARACTERS or value.count("@") != 1:
        return None
    if value.startswith("@") or value.endswith("@") or _EMAIL_SPECIALS & set(value):
        return None
    return None if any(unicodedata.category(char)[0] in "CZ" for char in value) else value


async def _optional_profile(provider: Provider, url: str, requests: ProfileRequests) -> Profile | None:
    """What the profile adds to an identity that is known already. None if it cannot be read."""
    try:
        described = await _profile(provider, url, requests, required=False)
    except ValetkeyError as failure:
        log.warning("%s: signed in without the profile: %s", provider.name, failure.hint)
    else:
        if isinstance(described, Profile) and isinstance(described.subject, str) and described.subject:
            return described
        log.warning("%s: signed in without the profile: it names no user", provider.name)
    return None


def _joined(known: Profile, described: Profile | None) -> Profile:
    """An identity with what its profile adds.

    Raises:
        ProviderReplyInvalid: the profile names somebody else.
    """
    if described is None:
        return known
    if described.subject != known.subject:
        raise ProviderReplyInvalid("The profile is not that of the account that signed in.")
    more = require_identity(described)
    # The address and its flag stay together: of the two replies, the one whose address is verified, or the first that
    # has one.
    addressed = min(known, more, key=lambda one: (not one.email_verified, one.email is None))
    return Profile(
        subject=known.subject,
        preferred_username=known.preferred_username or more.preferred_username,
        name=more.name or known.name,
        picture=more.picture or known.picture,
        email=addressed.email,
        email_verified=addressed.email_verified,
    )


async def _with_email(provider: Provider, url: str, known: Profile, requests: ProfileRequests) -> Profile:
    """An identity with the e-mail address that a request of its own brings. Without one if it cannot be read."""
    try:
        reply = read_json_value((await requests.read(url, required=False)).response, step="profile")
        found = _called(provider, "describe_email", provider.describe_email, reply)
        email, verified = found if isinstance(found, tuple) and len(found) == 2 else (None, False)
    except ValetkeyError as failure:
        log.warning("%s: signed in without an e-mail address: %s", provider.name, failure.hint)
        return known
    addressed = require_identity(replace(known, email=email, email_verified=verified))
    return addressed if addressed.email is not None else known


async def _profile(provider: Provider, url: str, requests: ProfileRequests, *, required: bool) -> object:
    """The profile, as ``describe`` reads it.

    Raises:
        ProviderError, SuspendedAtProvider
    """
    try:
        answered = await requests.read(
            url, required=required, method=provider.profile_method, json_body=provider.profile_body
        )
        reply = read_profile(
            answered.response,
            provider.profile_format,
            url=url,
            credentials=provider.protocol.credentials,
            stamp=answered.stamp,
        )
    except (ProviderError, SuspendedAtProvider):
        raise
    except Exception as failure:  # for example, an address that cannot be requested
        log.warning(
            "%s: the profile request was not sent: %s%s", provider.name, type(failure).__name__, _place(failure)
        )
        raise ProviderReplyInvalid("The profile request could not be sent. Check profile_url.") from None
    return _called(provider, "describe", provider.describe, reply)


def _called(provider: Provider, name: str, function: Callable[[Reply], object] | None, reply: Reply) -> object:
    """Call one of the provider's functions.

    Raises:
        ProviderError: as the function raised it; ``ProviderReplyInvalid`` for any other exception.
    """
    if function is None:  # Provider was checked when it was created
        raise ProviderReplyInvalid(f"The provider has no {name}.")
    try:
        return function(reply)
    except ProviderError:
        raise
    except Exception as failure:
        # Without the exception itself: its text may quote the reply.
        where = f"{type(failure).__name__}{_place(failure)}"
        log.warning("%s: %s could not read the reply: %s", provider.name, name, where)
        raise ProviderReplyInvalid(f"The provider's {name} could not read the reply ({where}).") from None


def _place(failure: BaseException) -> str:
    """Where an exception was raised, for the developer of a provider's code."""
    trace, place = failure.__traceback__, ""
    while trace is not None:
        place = f" in {trace.tb_frame.f_code.co_qualname}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return place
