"""What the records of all protocols share: how a provider is made of one, and at which server it is.

How this works. A record is what a provider is like, as data: the facts of its protocol (``OAuth2Facts`` and its kin)
and those of the provider (``ProviderFacts``). Called with an app's keys, it makes the ``Provider``.

Its addresses are whole, and another server takes the place of scheme, host and port (``base``); the paths stay. An
address that begins with a slash is below a server that each app names, such as a Mastodon server. Two servers give out
the same ids, so a subject then begins with the server.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, cast
from urllib.parse import urlsplit

from ...crypto import Secret
from ...errors import SettingsError
from ...models import Profile
from ...protocols.base import SignInProtocol
from ...protocols.grammar import lower, number
from .fields import SEPARATOR, Fields
from .provider import Provider, ProviderFacts
from .recipe import Recipe, Variable

ANY_SERVER = "https://server.invalid"
"""Stands for the server that an app names, when a record is checked without one."""
ANY_SECRET = Secret("secret" * 6)
"""Stands for an app's secret, when a record is checked without one. It is long enough to sign with (RFC 7518 §3.2)."""
Reader = Callable[[Mapping[str, object]], Profile]

# Scheme, host, port and path. All but the scheme becomes a part of subjects. So there is no password, and no second
# way to write it but capital letters and the default port.
_BASE = re.compile(
    r"((?i:https?))://([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])(?::([1-9][0-9]{0,4}))?"
    r"((?:/(?!\.\.?(?:/|$))[A-Za-z0-9._~-]+)*)"
)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_MAX_PORT = 65535


@dataclass(frozen=True, kw_only=True)
class Declared(ProviderFacts):
    """A provider's record, without an app's keys.

    Args:
        fields: where the profile has its members: of the reply at ``profile_url``, or, without one, of what came with
            the exchange. ``describe`` and ``identify`` do the same for a reply that takes a function.
        has_other_servers: whether ``base`` is a server with users of its own, as at another wiki than Wikimedia's. A
            subject there begins with the server.
    """

    fields: Fields | None = None
    has_other_servers: bool = False

    def provided(self, protocol: SignInProtocol, base: str | None, **more: Any) -> Provider:
        """Make the provider.

        Args:
            protocol: with the app's keys.
            base: the server, if it is not the record's own.
            more: what to say otherwise than the record does.
        """
        describe, identify = self.describe, self.identify
        if self.fields is not None and self.profile_url is not None:
            describe = describe or self.fields
        else:
            identify = identify or self.fields
        if self.names_server or (self.has_other_servers and base is not None):
            describe, identify = at_server(base or ANY_SERVER, describe), at_server(base or ANY_SERVER, identify)
        facts = {one.name: getattr(self, one.name) for one in fields(ProviderFacts)} | {
            "identify": identify,
            "describe": describe,
            "profile_url": moved(self.profile_url, base),
            "email_url": moved(self.email_url, base),
            "identity_from": "profile" if self.profile_url is not None and identify is None else "exchange",
            "verifies_email": self.verifies_email and self._may_verify,
        }
        return Provider(protocol=protocol, **{**facts, **more})

    def recipe(
        self,
        *,
        keys_from: str,
        steps: tuple[str, ...] = (),
        notes: tuple[str, ...] = (),
        unverified: tuple[str, ...] = (),
        weakness: str = "",
        may_be_public: bool = False,
        make: Callable[..., Provider] | None = None,
        more: tuple[Variable, ...] = (),
    ) -> Recipe:
        """How the provider is built from an app's variables.

        Args:
            keys_from, steps, notes, unverified, weakness: as in ``Recipe``.
            may_be_public: whether an app may have no client secret.
            make: makes the provider, if the record alone does not.
            more: further variables, whose arguments ``make`` takes.
        """
        return Recipe(
            name=self.name,
            title=self.title,
            make=make or cast("Callable[..., Provider]", self),
            variables=(*self.variables(may_be_public=may_be_public), *more),
            keys_from=keys_from,
            steps=steps,
            notes=notes,
            unverified=unverified,
            weakness=weakness,
        )

    def variables(self, *, may_be_public: bool) -> tuple[Variable, ...]:
        """The variables that the record's own arguments come from."""
        raise NotImplementedError

    @property
    def addresses(self) -> tuple[str | None, ...]:
        """Its addresses."""
        return (self.profile_url, self.email_url)

    @property
    def names_server(self) -> bool:
        """Whether each app must name the server."""
        return any(url is not None and url.startswith("/") for url in self.addresses)

    @property
    def _may_verify(self) -> bool:
        return self.fields is None or self.fields.verified is not False or self.email_url is not None


def moved(url: Any, base: str | None) -> Any:
    """An address at another server.

    Args:
        url: whole, or a path below the server. Anything that is no address stays.
        base: scheme, host, port, and perhaps a path. None: as the record has it.

    Raises:
        SettingsError: the address needs a server, and there is none; or the base is not the address of one.
    """
    if not isinstance(url, str):
        return url
    if base is not None:
        server_of(base)
    if url.startswith("/"):
        if base is None:
            raise SettingsError("The record is of a server that the app names. Give its address as base.")
        return base + url
    parts = urlsplit(url)
    return url if base is None else base + url.removeprefix(f"{parts.scheme}://{parts.netloc}")


def at_server(base: str, read: Reader | None) -> Reader | None:
    """A reading function whose subjects begin with the server.

    A slash in an id is escaped, since a server may have a path: ``one.example`` with the id ``a/7`` is another user
    than ``one.example/a`` with the id ``7``.
    """
    if read is None:
        return None
    reader, server = read, server_of(base)

    def described(reply: Mapping[str, object]) -> Profile:
        profile = reader(reply)
        if not profile.subject:  # it names no user, and stays so
            return profile
        user = profile.subject.replace("%", "%25").replace(SEPARATOR, "%2F")
        return replace(profile, subject=f"{server}{SEPARATOR}{user}")

    return described


def server_of(base: str) -> str:
    """The name of a server in subjects: its host, its port if it is not the default, and its path.

    Raises:
        SettingsError: the base is not the address of a server.
    """
    found = _BASE.fullmatch(base)
    if found is None or (number(found[3] or "0") or 0) > _MAX_PORT:
        raise SettingsError(
            "base must be scheme, host and port, and perhaps a path, without a slash at its end: https://server.example"
        )
    scheme, host, port, path = found.groups(default="")
    return f"{lower(host)}{f':{port}' if port and port != _DEFAULT_PORTS[lower(scheme)] else ''}{path}"
