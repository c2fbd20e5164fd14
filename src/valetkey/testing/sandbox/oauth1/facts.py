"""What a provider over OAuth 1.0a says of itself. RFC 5849.

How this works: a provider is a subclass. Its class attributes are the facts (``quirks``), its methods the replies that
have a shape of their own. ``verifying`` judges what is signed, ``endpoints`` issues the tokens, ``consent`` asks the
user, and ``provider`` gives each its route. All of it is written from the provider's documentation, and none from the
client.
"""

from __future__ import annotations

import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from uuid import NAMESPACE_OID, uuid5

from ..answers import Answer
from ..messages import Request
from ..personas import Persona
from ..settings import SandboxSettings
from ..state import State, base62
from . import app_key
from .quirks import Quirks
from .refusals import Refused, in_dialect
from .signature import Signed
from .switches import Switches
from .tokens import AccessToken, RequestToken, Tokens

Profile: TypeAlias = Callable[[AccessToken, Request, Signed], Awaitable[Answer]]


class Facts(Quirks):
    """A provider over OAuth 1.0a: its data, and what it answers."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.tokens = Tokens(state)
        keys = credentials_of(self.name)
        self.initial = Switches(consumer_key=keys["consumer_key"], consumer_secret=keys["consumer_secret"])
        self.switches = replace(self.initial)
        state.on_reset.append(self.reset)

    def reset(self) -> None:
        """Restore the switches. The tokens reset themselves."""
        self.switches = replace(self.initial)

    def change(self, **switches: Any) -> None:
        """Change switches.

        Raises:
            ValueError: there is no such switch, or no such value.
        """
        self.switches.change(**switches)

    @classmethod
    def environment(cls, settings: SandboxSettings) -> dict[str, str]:
        """Return the environment variables that point an app at this provider."""
        prefix, keys = cls.name.upper(), credentials_of(cls.name)
        by_key = "RSA-SHA1" in cls.signature_methods
        secret = (
            {f"{prefix}_PRIVATE_KEY": app_key.in_pem()}
            if by_key
            else {f"{prefix}_CONSUMER_SECRET": keys["consumer_secret"]}
        )
        return {
            f"{prefix}_CONSUMER_KEY": keys["consumer_key"],
            **secret,
            f"VALETKEY_{prefix}_BASE": settings.origin + cls.path,
        }

    # Facts

    @property
    def base(self) -> str:
        """The provider's address."""
        return f"{self.state.settings.origin}{self.path}"

    @property
    def consumer_key(self) -> str:
        """The key of the one app that may use it."""
        return self.switches.consumer_key

    @property
    def consumer_secret(self) -> str:
        """Its secret."""
        return self.switches.consumer_secret

    @property
    def is_lenient(self) -> bool:
        """Whether it accepts what is wrong."""
        lenient = self.switches.lenient
        return self.state.settings.lenient if lenient is None else lenient

    @property
    def secrets(self) -> list[str]:
        """The secrets that the app has from the start."""
        return [app_key.in_pem() if "RSA-SHA1" in self.signature_methods else self.consumer_secret]

    def subject_of(self, persona: Persona) -> str:
        """Return the id by which this provider calls a user. A test that makes one up gives the id itself."""
        if persona.made_up:
            return persona.user_id
        digest, uuid = sha256(persona.user_id.encode()), uuid5(NAMESPACE_OID, persona.user_id)
        base64url = urlsafe_b64encode(digest.digest()).decode()
        return self.id_format.format(number=persona.user_id, uuid=uuid, hex=digest.hexdigest(), base64url=base64url)

    def picture_of(self, persona: Persona) -> str | None:
        """Return the address of a user's picture. None if the user has none."""
        return f"{self.state.settings.origin}/pictures/{persona.handle}.svg" if persona.picture else None

    @property
    def decide_path(self) -> str:
        """Where the form of its page is posted to."""
        return f"{self.path}/sandbox/decide"

    @property
    def cookie_path(self) -> str:
        """For which paths a browser keeps that it has approved."""
        return self.path

    def pages(self) -> dict[str, bool]:
        """Return the addresses of its page, and whether each sends back a browser that approved before."""
        return dict.fromkeys((self.authorize_url, *self.more_authorize_urls), self.silent)

    def page_name(self, url: str) -> str:
        """Return the name of a page, for the journal."""
        return "authorize"

    def oauth_headers(self) -> dict[str, str]:
        """Return the headers of a reply with a token."""
        return {"cache-control": "no-store"}

    # What a provider has of its own

    def wants_the_page(self, query: Mapping[str, str]) -> bool:
        """Return whether an address asks for the page, because the user wants another account."""
        name, _, value = self.another_account.partition("=")
        return query.get(name) == value

    def cancels_by_link(self) -> bool:
        """Return whether a user who refuses is shown a link, and not sent back at once."""
        return False

    def check_request(self, signed: Signed) -> None:
        """Check what this provider requires further of the first request.

        Raises:
            Refused: something is wrong.
        """

    def check_page(self, query: Mapping[str, str]) -> str | None:
        """Return why this provider shows an error in place of its page. None: it shows it."""
        return None

    def new_request_token(self) -> tuple[str, str]:
        """Return a new request token and its secret."""
        return base62(24), base62(32)

    def new_verifier(self, token: RequestToken) -> str:
        """Return a new verifier. Without a callback URL, a number that a user can type."""
        return f"{secrets.randbelow(10**7):07}" if token.callback == "oob" else base62(20)

    def new_access_token(self, persona: Persona) -> tuple[str, str]:
        """Return a new access token and its secret."""
        return base62(32), base62(32)

    def access_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        """Return what the exchange's reply has beside the token and its secret."""
        return []

    def refusal(self, refused: Refused) -> Answer:
        """Return a refusal as this provider writes it."""
        return in_dialect(self.dialect, refused)

    def profiles(self) -> dict[str, tuple[str, Profile, tuple[str, ...]]]:
        """Return what can be read with an access token: real address, or path → endpoint, handler, methods."""
        return {self.profile_url: ("profile", self.profile_of, self.profile_methods)} if self.profile_url else {}

    async def profile_of(self, access: AccessToken, request: Request, signed: Signed) -> Answer:
        """Return the user of an access token, read at ``profile_url``.

        Raises:
            Refused: the profile cannot be read.
        """
        raise NotImplementedError


def credentials_of(name: str) -> dict[str, str]:
    """Return the key and the secret of the one app that may use a provider."""
    return {"consumer_key": f"sandbox-{name}", "consumer_secret": f"sandbox-{name}-secret"}


def below(url: str) -> str:
    """Return the path and the query of an address, without scheme and host."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def number(user_id: str) -> int | str:
    """Return an id as a JSON number, at a provider whose ids are numbers. A test may make up another kind."""
    return int(user_id) if re.fullmatch("[1-9][0-9]*", user_id) else user_id
