"""The record of a provider: its name, how its button looks, its protocol, and how to read who the user is.

The core knows no provider by name. A new provider of a protocol that valetkey speaks is one record, in a file of this
package or in the app.
"""

from __future__ import annotations

import inspect
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from ...errors import SettingsError
from ...models import Profile
from ...protocols.base import SignInProtocol
from ...protocols.grammar import is_printable
from ...protocols.oauth1 import OAuth1
from ...protocols.oauth2 import OAuth2
from ...protocols.profile import ProfileFormat
from ...protocols.strict_json import is_json
from .appearance import Colors, icon_fault

_MAX_TITLE = 40


@dataclass(frozen=True, kw_only=True)
class ProviderFacts:
    """What a provider is like, whatever its protocol.

    Args:
        name: a lower-case letter, then up to 31 lower-case letters and digits. It is part of the routes' paths, of
            rows in the database and of cookies, so it must never change once users have signed in.
        title: the provider's name as users know it, such as ``X`` in "Sign in with X"; 1 to 40 characters.
        icon: the ``d`` attribute of one SVG path in a view box of 24 by 24 units, which is filled with one color. None:
            buttons and pages show the title alone.
        colors: the colors of its button. None: nearly black on a light page, white on a dark one.
        identity_from: where the identity comes from. ``"exchange"``: from the exchange; ``identify`` reads its claims.
            A profile request then only adds a handle, a name and a picture, and the login succeeds without it.
            ``"profile"``: from a profile request; ``describe`` reads the reply. The request is then part of the
            exchange, and if it fails, the login fails.
        identify: reads the profile from the claims of the exchange: those of the ID token in OpenID Connect, or else
            the fields that came with the access token. It raises ``ProviderReplyInvalid`` if the id that never changes
            is missing or malformed.
        profile_url: where the profile is read; None to leave it unread, or to read it where an OpenID provider's
            metadata says.
        profile_method: GET or POST.
        profile_body: what a POST has as its body, in JSON, such as a query of GraphQL. None: nothing of the record's
            own.
        profile_format: how that reply is written: ``"json"``; ``"xml"``, which becomes nested mappings; or ``"jwt"``, a
            token that the consumer secret has signed, over OAuth 1.0a.
        describe: reads the profile from that reply, a JSON object, or what stands for one. If it only adds to the
            identity, its ``subject`` must equal that of ``identify``; an empty one means that the reply names no user,
            and the reply is not used.
        email_url: where the e-mail address is read, if it takes a request of its own. The login succeeds without it.
        describe_email: reads the address from that reply, any JSON value, and whether the provider has verified it.
        verifies_email: whether the provider can send an e-mail address that it calls verified, as it is set up here. An
            app that needs one has to know before the first sign-in. False: no address counts as verified, whatever a
            reply says.
        requires_domain: whether the provider sends users to https addresses with a domain name only: to no IP address
            and not to ``localhost``.
        choose_account: query parameters for the address that the user is sent to when linking a second identity, which
            make the provider ask for the account.
    """

    name: str
    title: str
    icon: str | None = None
    colors: Colors | None = None
    identify: Callable[[Mapping[str, object]], Profile] | None = None
    profile_url: str | None = None
    profile_method: Literal["GET", "POST"] = "GET"
    profile_body: str | None = None
    profile_format: ProfileFormat = "json"
    describe: Callable[[Mapping[str, object]], Profile] | None = None
    email_url: str | None = None
    describe_email: Callable[[object], tuple[str | None, bool]] | None = None
    verifies_email: bool = True
    requires_domain: bool = False
    choose_account: str | None = None
    identity_from: Literal["exchange", "profile"] = "exchange"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider(ProviderFacts):
    """One way to sign in. The record is checked when it is made, never at the first click.

    Args:
        protocol: the protocol, with the app's keys and the provider's addresses. The other arguments are those of
            ``ProviderFacts``.

    Raises:
        SettingsError: the record cannot work, or part of it would never be used.
    """

    protocol: SignInProtocol

    def __post_init__(self) -> None:
        fault = self._fault()
        if fault is not None:
            raise SettingsError(f"Provider {self.name!r}: {fault}")

    def _fault(self) -> str | None:
        fault = title_fault(self.title)
        if fault is not None:
            return fault
        if self.colors is not None and not isinstance(self.colors, Colors):
            return "colors must be Colors(light=(background, foreground), dark=(background, foreground)), or None."
        return icon_fault(self.icon) or self._identity_fault() or self._placement_fault()

    def _identity_fault(self) -> str | None:
        if self.identity_from == "exchange" and self.identify is None:
            return "identify is missing. Where the identity comes from a profile request, say identity_from='profile'."
        if self.identity_from == "profile" and (self.profile_url is None or self.describe is None):
            return "identity_from='profile' needs profile_url and describe."
        if self.identity_from == "profile" and self.identify is not None:
            return "identify is never called with identity_from='profile'. Leave one of them out."
        if self.identity_from not in ("exchange", "profile"):
            return "identity_from must be 'exchange' or 'profile'."
        if self.profile_url is not None and self.describe is None:
            return "profile_url without describe is never read."
        if (self.email_url is None) != (self.describe_email is None):
            return "email_url and describe_email need each other."
        if any(map(inspect.iscoroutinefunction, (self.identify, self.describe, self.describe_email))):
            return "identify, describe and describe_email are plain functions, not async ones."
        return self._profile_fault()

    def _profile_fault(self) -> str | None:
        """Why the profile request would not be sent or read as the record says."""
        if self.profile_method not in ("GET", "POST"):
            return "profile_method must be 'GET' or 'POST'."
        if self.profile_body is not None and (self.profile_method != "POST" or self.profile_url is None):
            return "profile_body needs profile_url and profile_method='POST'."
        if self.profile_body is not None and not is_json(self.profile_body):
            return "profile_body must be JSON (RFC 8259)."
        if self.profile_format not in ("json", "xml", "jwt"):
            return "profile_format must be 'json', 'xml' or 'jwt'."
        if self.profile_format != "json" and self.profile_url is None:
            return "profile_format without profile_url is never used."
        if self.profile_format == "jwt" and not (
            isinstance(self.protocol, OAuth1) and self.protocol.credentials.secret is not None
        ):
            return "profile_format='jwt' needs OAuth 1.0a with a consumer secret, which signs the token."
        return None

    def _placement_fault(self) -> str | None:
        """Why the access token would not fit into the requests that are made with it."""
        if (
            isinstance(self.protocol, OAuth1)
            and self.protocol.parameters_in == "body"
            and self.profile_body is not None
        ):
            return "parameters_in='body' and profile_body exclude each other: a request has one body."
        if not isinstance(self.protocol, OAuth2) or self.protocol.token_placement != "body":  # noqa: S105
            return None
        if self.email_url is not None or (self.profile_url is not None and self.profile_method == "GET"):
            return "token_placement='body' needs profile_method='POST', and no email_url: a GET has no body."
        if self.profile_body is not None:
            return "token_placement='body' and profile_body exclude each other: a request has one body."
        return None

    @property
    def requested(self) -> tuple[str, ...]:
        """The addresses that the server requests. The browser goes to others."""
        return (*self.protocol.requested, *(url for url in (self.profile_url, self.email_url) if url))

    @property
    def callback_path(self) -> str:
        """The path of its callback below that of the routes. A form arrives at a path of its own, since a POST to
        ``{name}`` starts a login."""
        by_form = self.protocol.response_mode == "form_post"
        return f"{self.name}/return" if by_form else self.name

    @property
    def authorize_origin(self) -> str:
        """Scheme, host and port of the address that the user is sent to."""
        parts = urlsplit(self.protocol.authorize_url)
        return f"{parts.scheme}://{parts.netloc}"


def title_fault(title: object) -> str | None:
    """What is wrong with a provider's title: a sentence, or None."""
    if not isinstance(title, str) or readable(title) != title or len(title) > _MAX_TITLE:
        return f"title must be 1 to {_MAX_TITLE} characters in one line, such as 'Flickr'."
    return None


def readable(value: object) -> str | None:
    """A text that a user wrote, for display.

    Args:
        value: what the provider sent, of any type.

    Returns:
        At most 200 characters, without line ends, other control characters and half characters (surrogates). None if
        nothing is left, or if the value is not text.
    """
    if not isinstance(value, str):
        return None
    if is_printable(value):
        return value[:200].strip() or None
    kept = "".join(char for char in value[:200] if unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp"))
    return kept.strip() or None
