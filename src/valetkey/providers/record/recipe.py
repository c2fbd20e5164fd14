"""How a provider that ships with valetkey is built from an app's variables.

Each provider's file has one ``Recipe``: which variables it reads, and the function that builds the provider from them.
The settings read and check the variables, and know no provider by name.

The names follow the protocol. OAuth 1.0a has ``{NAME}_CONSUMER_KEY`` and ``{NAME}_CONSUMER_SECRET``, OAuth 2.0 has
``{NAME}_CLIENT_ID`` and ``{NAME}_CLIENT_SECRET``. ``VALETKEY_{NAME}_BASE`` points a provider at another server.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .provider import Provider

Kind = Literal["identifier", "secret", "origin", "base", "issuer", "switch", "text", "title"]
"""What a value is: the app's public identifier, its secret, an origin (scheme, host, port), a ``"base"``: an address
with or without a path; an ``"issuer"``: an address that is compared to the letter; a ``"switch"``: ``on`` or ``off``;
the provider's ``"title"``; or other text."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that a provider reads.

    Args:
        name: the whole name, such as ``FLICKR_CONSUMER_KEY``.
        argument: the argument of the recipe's ``make`` that takes its value.
        kind: how the value is checked. The argument of a ``"secret"`` is a ``Secret``, of a ``"switch"`` a ``bool``, of
            any other a ``str``.
        required: whether the app cannot start without it.
        about: what its value says, for the provider's page in the docs, where the kind does not say enough. Markdown.
        example: a value, for messages and for the page, where an app names a server.
    """

    name: str
    argument: str
    kind: Kind
    required: bool = False
    about: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)  # a record has mappings, so its values have no hash
class Recipe:
    """What the settings need to know to build a provider. Each is equal to itself alone.

    Args:
        name: the provider's name, as in ``VALETKEY_PROVIDERS``.
        title: its title, for messages.
        make: takes the arguments that ``variables`` name.
        variables: what is read. One that is not set is not passed.
        keys_from: where a developer gets the keys, as an address for a message.
        steps: what to do there, one sentence each, for the provider's page in the docs. Markdown.
        notes: what is special about this provider, one point each, for the same page.
        unverified: what no page of the provider's confirmed, one sentence each, for the same page.
        weakness: what an attacker can do at this provider that valetkey cannot prevent. It is a warning at the start
            and on the page.
        may_read_profile: whether ``make`` has the argument ``read_profile``.
        otherwise: the same provider over another protocol. It is used where its first variable is set and the first of
            these is not.
    """

    name: str
    title: str
    make: Callable[..., Provider]
    variables: tuple[Variable, ...]
    keys_from: str
    steps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    weakness: str = ""
    may_read_profile: bool = False
    otherwise: Recipe | None = None


def consumer_variables(name: str) -> tuple[Variable, Variable]:
    """The two variables of an OAuth 1.0a provider, for arguments ``key`` and ``secret``."""
    return (
        Variable(f"{name.upper()}_CONSUMER_KEY", "key", "identifier", required=True),
        Variable(f"{name.upper()}_CONSUMER_SECRET", "secret", "secret", required=True),
    )


def private_key_variable(name: str) -> Variable:
    """The variable of a private key that signs in place of a secret, for the argument ``private_key``."""
    return Variable(f"{name.upper()}_PRIVATE_KEY", "private_key", "secret", required=True)


def client_variables(name: str, *, may_be_public: bool = False) -> tuple[Variable, Variable]:
    """The two variables of an OAuth 2.0 provider, for arguments ``client_id`` and ``client_secret``."""
    return (
        Variable(f"{name.upper()}_CLIENT_ID", "client_id", "identifier", required=True),
        Variable(f"{name.upper()}_CLIENT_SECRET", "client_secret", "secret", required=not may_be_public),
    )


def elsewhere_variables(name: str) -> tuple[Variable, Variable]:
    """The variables that point an OAuth 2.0 provider at another server, for arguments ``base`` and ``issuer``."""
    return (base_variable(name), Variable(f"VALETKEY_{name.upper()}_ISSUER", "issuer", "issuer"))


def issuer_variables(name: str, keys: tuple[Variable, ...], *, example: str) -> tuple[Variable, ...]:
    """The variables of an OpenID Connect server that an app names by its issuer, for ``issuer`` and ``title``."""
    prefix = name.upper()
    return (
        Variable(f"{prefix}_ISSUER", "issuer", "issuer", required=True, example=example),
        *keys,
        Variable(f"{prefix}_TITLE", "title", "title"),
    )


def base_variable(name: str, *, required: bool = False) -> Variable:
    """The variable that points a provider at another server, for the argument ``base``."""
    return Variable(
        f"VALETKEY_{name.upper()}_BASE", "base", "base", required=required, example="https://server.example"
    )


def callback_variable(name: str) -> str:
    """The variable with a provider's callback URLs, where they are not the default."""
    return f"{name.upper()}_CALLBACK_URL"
