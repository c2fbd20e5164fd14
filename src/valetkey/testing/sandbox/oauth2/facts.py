"""What a provider over OAuth 2.0 says of itself. RFC 6749.

How this works: a provider is a subclass. Its class attributes are the facts (``quirks``), its methods the replies that
have a shape of their own. ``authorizing`` judges where the user is sent, ``consent`` asks the user, ``exchange`` judges
the token request, ``bearer`` reads the access token of a profile request, ``demands`` checks what the provider asks for
beside the protocol, and ``front`` gives each its route.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, TypeAlias
from uuid import NAMESPACE_OID, uuid5

from ..answers import JSON, Answer, json_answer
from ..messages import Request
from ..personas import Persona
from ..settings import SandboxSettings
from ..state import State, base62
from .bearer import BearerRefused
from .clients import OTHER_CLIENT, is_equal
from .grants import AccessToken, Authorization, Code, Grants
from .quirks import Quirks
from .refusals import Judge, Refusal
from .switches import Switches

Profile: TypeAlias = Callable[[AccessToken, Request], Awaitable[Answer]]


class Facts(Quirks):
    """A provider over OAuth 2.0: its data, and what it answers."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.grants = Grants()
        self.initial = Switches(**{**self.app_keys(), **self.defaults})
        self.switches = replace(self.initial)
        state.on_reset.append(self.reset)

    def reset(self) -> None:
        """Forget everything, and restore the switches."""
        self.grants.reset()
        self.switches = replace(self.initial, id_token={})

    def change(self, **switches: Any) -> None:
        """Change switches.

        Raises:
            ValueError: there is no such switch, or no such value.
        """
        self.switches.change(**switches)

    @classmethod
    def app_keys(cls) -> dict[str, str]:
        """Return the client id and secret of the one app that may use it."""
        return credentials_of(cls.name)

    @classmethod
    def prefix(cls) -> str:
        """Return what the names of its environment variables begin with."""
        return cls.variable or cls.name.upper()

    @classmethod
    def client_variables(cls) -> dict[str, str]:
        """Return the environment variables with the app's keys."""
        prefix, keys = cls.prefix(), cls.app_keys()
        return {f"{prefix}_CLIENT_ID": keys["client_id"], f"{prefix}_CLIENT_SECRET": keys["client_secret"]}

    @classmethod
    def environment(cls, settings: SandboxSettings) -> dict[str, str]:
        """Return the environment variables that point an app at this provider."""
        return {
            **cls.client_variables(),
            f"VALETKEY_{cls.prefix()}_BASE": settings.origin + cls.path,
        }

    # Facts

    @property
    def base(self) -> str:
        """The provider's address."""
        return f"{self.state.settings.origin}{self.path}"

    @property
    def issuer(self) -> str:
        """The issuer's identifier."""
        return self.base

    @property
    def is_lenient(self) -> bool:
        """Whether it accepts what is wrong."""
        lenient = self.switches.lenient
        return self.state.settings.lenient if lenient is None else lenient

    @property
    def secrets(self) -> list[str]:
        """The secrets that its clients have from the start."""
        return [self.switches.client_secret]

    def secret_of(self, client_id: str) -> str | None:
        """Return the secret of a client. None if the client is not known."""
        known = {self.switches.client_id: self.switches.client_secret, OTHER_CLIENT: f"{OTHER_CLIENT}-secret"}
        return known.get(client_id)

    def proves(self, client_id: str, secret: str, judge: Judge) -> bool:
        """Return whether a secret is the client's."""
        return is_equal(self.secret_of(client_id) or "", secret)

    def subject_of(self, persona: Persona) -> str:
        """Return the id by which this provider calls a user. A test that makes one up gives the id itself."""
        if persona.made_up:
            return persona.user_id
        digits = sha256(persona.user_id.encode()).hexdigest()
        made = uuid5(NAMESPACE_OID, persona.user_id)
        return self.id_format.format(number=persona.user_id, uuid=made, hex=digits, HEX=digits.upper())

    def picture_of(self, persona: Persona) -> str | None:
        """Return the address of a user's picture. None if the user has none."""
        return f"{self.state.settings.origin}/pictures/{persona.handle}.svg" if persona.picture else None

    def scopes_in(self, value: str) -> tuple[str, ...]:
        """Return the scopes of a parameter."""
        return tuple(one for one in re.split(f"[{re.escape(self.scope_separators)}]", value) if one)

    def admits(self, persona: Persona, path: Mapping[str, str]) -> bool:
        """Return whether a user may sign in. ``path`` is what the address's path says."""
        return True

    def personas(self, path: Mapping[str, str]) -> Sequence[Persona]:
        """Return the users that may sign in."""
        return [one for one in self.state.personas_at(self.name) if self.admits(one, path)]

    # What a provider has of its own

    def check(self, asked: Authorization) -> None:
        """Check what this provider requires further of an authorization request.

        Raises:
            Refusal: something is wrong.
        """

    def check_exchange(self, code: Code, request: Request) -> None:
        """Check what this provider requires further of a token request.

        Raises:
            Refusal: something is wrong.
        """

    def callback_fields(self, code: Code) -> dict[str, str]:
        """Return what the provider sends along with the code, beside ``state`` and ``iss``."""
        return {}

    def refusal_fields(self, error: str) -> dict[str, str]:
        """Return how the provider spells an error in the callback. ``access_denied`` is the user's own Cancel."""
        return dict(self.cancel) if error == "access_denied" else {"error": error}

    def new_code(self) -> str:
        """Return a new code."""
        return base62(40)

    def new_token(self, code: Code) -> str:
        """Return a new access token."""
        return base62(48)

    def token_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        """Return the fields of a successful token reply."""
        scopes = list(access.code.authorization.scopes)
        written: Any = scopes if self.scope_reply == "[]" else (self.scope_reply or "").join(scopes)
        return [
            ("access_token", access.token),
            *([("token_type", "Bearer")] if self.sends_token_type else []),
            ("expires_in", 3600),
            *([("scope", written)] if self.scope_reply is not None else []),
            *self.token_extras(access).items(),
        ]

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        """Return further fields of a successful token reply."""
        return {}

    def token_content_type(self, request: Request) -> str | None:
        """Return the type of a successful token reply. None for JSON."""
        return None

    def token_refusal(self, request: Request, refusal: Refusal) -> Answer:
        """Return a token reply that refuses. RFC 6749 §5.2."""
        basic = refusal.status == 401 and "authorization" in request.headers
        headers = {"cache-control": "no-store"} | ({"www-authenticate": 'Basic realm="sandbox"'} if basic else {})
        error = "redirect_uri" if "redirect_uri" in refusal.reason else refusal.error
        named = self.token_errors.get(error) or self.token_errors.get(refusal.error, refusal.error)
        status = self.token_statuses.get(refusal.error, self.token_statuses.get("", refusal.status))
        body = json.dumps(self.token_error(named, status))
        return Answer(status, body, JSON, headers, refusal.reason, accepted=False)

    def token_error(self, error: str, status: int) -> dict[str, Any]:
        """Return the body of a token reply that refuses.

        Args:
            error: the provider's word for it (``token_errors``).
            status: of HTTP.
        """
        return {"error": error, "error_description": "The sandbox refused."}

    def bearer_refusal(self, refused: BearerRefused) -> Answer:
        """Return a reply to a profile request whose access token does not do. RFC 6750 §3.1."""
        headers = {"www-authenticate": f'Bearer realm="sandbox", error="{refused.error}"'}
        status = self.profile_statuses.get(refused.status, refused.status)
        body = json.dumps(self.profile_error(refused.error, status))
        return Answer(status, body, JSON, headers, refused.reason, accepted=False)

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        """Return the body of a reply to a profile request whose access token does not do.

        Args:
            error: the code of RFC 6750 §3.1.
            status: of HTTP.
        """
        return {"error": error}

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        """Return what is read at ``profile_path``."""
        raise NotImplementedError

    def emails_of(self, access: AccessToken) -> Any:
        """Return what is read at ``emails_path``: any JSON value."""
        raise NotImplementedError

    def profiles(self) -> dict[str, tuple[str, Profile, tuple[str, ...]]]:
        """Return what can be read with an access token: path below ``path`` → endpoint's name, handler, methods."""

        async def profile(access: AccessToken, request: Request) -> Answer:
            return json_answer(self.profile_of(access))

        async def emails(access: AccessToken, request: Request) -> Answer:
            return Answer(200, json.dumps(self.emails_of(access)), JSON)

        return {
            **({self.profile_path: ("profile", profile, self.profile_methods)} if self.profile_path else {}),
            **({self.emails_path: ("emails", emails, ("GET",))} if self.emails_path else {}),
        }


def credentials_of(name: str) -> dict[str, str]:
    """Return the client id and secret of the one app that may use a provider."""
    return {"client_id": f"sandbox-{name}", "client_secret": f"sandbox-{name}-secret"}


def number(user_id: str) -> int | str:
    """Return an id as a JSON number, at a provider whose ids are numbers. A test may make up another kind."""
    return int(user_id) if re.fullmatch("[1-9][0-9]*", user_id) else user_id
