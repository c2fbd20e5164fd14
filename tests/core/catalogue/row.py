"""A row: one provider's reply, what is read of it, and where in it the members are."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from valetkey import Profile, Provider, Secret
from valetkey.providers.record.built_in import RECIPES

Path = tuple[str | int, ...]

PICTURE = "https://pictures.example.com/ada.png"
EMAIL = "ada@example.com"
# What an app names of a provider with many servers.
SERVER = "https://server.example/place"
PER_SERVER = ("usos", "openbankproject", "opencaching", "jira", "confluence", "wordpress")
BASES = {"mastodon": "https://mastodon.example", **dict.fromkeys(PER_SERVER, SERVER)}
ISSUERS = {
    "okta": "https://example.okta.com/oauth2/default",
    "auth0": "https://tenant.eu.auth0.com/",
    "keycloak": "https://keycloak.example.com/realms/example",
    "authentik": "https://authentik.example.com/application/o/example/",
    "zitadel": "https://example.zitadel.cloud",
    "cognito": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123",
    "workos": "https://example.authkit.app",
}

# What is an id nowhere.
NO_ID = [
    *("", " ", "None", "null", "undefined", "Not supported currently. Use oid claim.", "a\nb", "a\0", "é", "x" * 300),
    *(None, True, False, 0, -7, 7.0, 1e3, 10**20, [], ["7"], {}, {"id": "7"}),
]
# What is malformed, wherever it stands.
BROKEN = [7, None, True, [], [7], {}, {"name": "x"}, "", "\n", "\ud800"]
# What a flag may say, beside ``true``.
FLAGS = ["false", "true", "True", 1, 0, [], [True], {}, None, False, ...]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One provider.

    Attributes:
        reply: a whole reply.
        profile: what is read of it.
        subject: where the id is.
        kind: what an id is there: a text, a number in a text, or a number of JSON.
        another: the id of another user. None: the same with another end.
        not_ids: what is an id elsewhere, and not here.
        handle, name, picture, email: where these are, each where it alone decides.
        flag: where it says that the address is verified. None: no address is ever verified.
        verifying: the values of the flag that say so.
        decides: the other members without which nobody is signed in.
    """

    reply: Mapping[str, Any]
    profile: Profile
    subject: Path
    kind: Literal["text", "decimal", "number", "decimal or number"] = "text"
    another: object = None
    not_ids: tuple[object, ...] = ()
    handle: Path | None = None
    name: Path | None = None
    picture: Path | None = None
    email: Path | None = None
    flag: Path | None = None
    verifying: tuple[object, ...] = (True,)
    decides: tuple[Path, ...] = ()

    @property
    def another_user(self) -> object:
        """The id of another user."""
        if self.another is not None:
            return self.another
        known = value_at(self.reply, self.subject)
        return known + 1 if isinstance(known, int) else known[:-1] + ("2" if known[-1] == "1" else "1")

    @property
    def shown(self) -> dict[str, Path]:
        """Where the members are that are only displayed, by their names in the profile."""
        paths = {"preferred_username": self.handle, "name": self.name, "picture": self.picture, "email": self.email}
        return {name: path for name, path in paths.items() if path is not None}


def value_at(reply: Any, path: Path) -> Any:
    """The value at a path."""
    for step in path:
        reply = reply[step]
    return reply


def changed(reply: Any, path: Path, value: object) -> Any:
    """The reply with another value at a path. ``...``: without one."""
    if not path:
        return value
    key, *rest = path
    if isinstance(reply, list):
        others = [changed(one, tuple(rest), value) if at == key else one for at, one in enumerate(reply)]
        return [one for one in others if one is not ...]
    if not rest and value is ...:
        return {name: known for name, known in reply.items() if name != key}
    return {**reply, key: changed(reply.get(key), tuple(rest), value)}


def broken(value: Any, *, kept: tuple[Path, ...], by: object) -> Any:
    """The reply with every member replaced, except those that these paths lead to."""
    if () in kept:
        return value
    if not kept or not isinstance(value, dict | list):
        return by
    members = value.items() if isinstance(value, dict) else enumerate(value)
    new = {key: broken(one, kept=tuple(path[1:] for path in kept if path[0] == key), by=by) for key, one in members}
    return new if isinstance(value, dict) else list(new.values())


def made(name: str, **more: Any) -> Provider:
    """The provider, with an app's keys, and the server that an app names."""
    where = {"issuer": ISSUERS[name]} if name in ISSUERS else {}
    where |= {"base": BASES[name]} if name in BASES else {}
    return RECIPES[name].make(**{**keys_of(name), **where, **more})


def keys_of(name: str, secret: str = "canary") -> dict[str, Any]:
    """The arguments of a provider that are an app's keys."""
    variables = [one for one in RECIPES[name].variables if one.kind in ("identifier", "secret")]
    return {
        one.argument: "id"
        if one.kind == "identifier"
        else Secret(private_key() if one.argument == "private_key" else secret * 6)
        for one in variables
    }


@cache
def private_key() -> str:
    """An RSA key in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def reader_of(provider: Provider) -> Callable[[Mapping[str, object]], Profile]:
    """The function that says who the user is."""
    read = provider.describe if provider.identity_from == "profile" else provider.identify
    assert read is not None
    return read


@cache
def reader(name: str) -> Callable[[Mapping[str, object]], Profile]:
    """The same, of a provider with nothing but what it needs."""
    return reader_of(made(name))


def read(name: str, reply: object, **more: Any) -> Profile:
    """What the provider reads of a reply that came over the wire."""
    read = reader_of(made(name, **more)) if more else reader(name)
    return read(json.loads(json.dumps(reply)))
