"""What a provider over OAuth 2.0 says of itself. RFC 6749.

How this works: a provider is a subclass. Its class attributes are the facts, its methods the replies that have a shape
of their own. ``authorizing`` judges where the user is sent, ``consent`` asks the user, ``exchange`` judges the token
request, ``bearer`` reads the access token of a profile request, and ``front`` gives each its route.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, TypeAlias

from ..answers import JSON, Answer
from ..messages import Request
from ..personas import Persona
from ..settings import SandboxSettings
from ..state import State, base62
from .bearer import BEARER, BearerRefused
from .clients import OTHER_CLIENT, is_equal
from .grants import AccessToken, Authorization, Code, Grants
from .refusals import Judge, Refusal
from .switches import Switches

Profile: TypeAlias = Callable[[AccessToken, Request], Awaitable[Answer]]


class Facts:
    """A provider over OAuth 2.0.

    Attributes:
        name, title, path: as for every front.
        variable: begins the names of its environment variables, if not the name does.
        authorize_path, token_path: below ``path``.
        authentication: how a client may authenticate: ``post``, ``basic``.
        token_methods: of HTTP.
        credentials: reads the access token from the header of a profile request.
        scope_separators: characters.
        known_scopes: empty if the server ignores scopes that it does not know.
        email_scope: the scope that asks for the e-mail address. None if the address needs no scope.
        response_modes: those that the server knows. With one alone, the parameter is ignored.
        fragment: what the provider adds to the callback.
        requires_state: refuse a request without ``state``.
        requires_grant_type: refuse a token request without it.
        silent_by_prompt: send a browser back without a click only if ``prompt=none`` asks for it.
        another_account: what the query must say so that the page is shown.
        headers: further headers of its pages, as the real one sends them.
        defaults: of its switches.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    path: ClassVar[str]
    variable: ClassVar[str] = ""
    authorize_path: ClassVar[str]
    token_path: ClassVar[str]
    authentication: ClassVar[tuple[str, ...]] = ("post", "basic")
    token_methods: ClassVar[tuple[str, ...]] = ("POST",)
    credentials: ClassVar[re.Pattern[str]] = BEARER
    scope_separators: ClassVar[str] = " "
    known_scopes: ClassVar[tuple[str, ...]] = ()
    email_scope: ClassVar[str | None] = "email"
    response_modes: ClassVar[tuple[str, ...]] = ("query",)
    fragment: ClassVar[str] = ""
    requires_state: ClassVar[bool] = False
    requires_grant_type: ClassVar[bool] = True
    silent_by_prompt: ClassVar[bool] = False
    another_account: ClassVar[str] = "prompt=select_account"
    headers: ClassVar[Mapping[str, str]] = {}
    defaults: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, state: State) -> None:
        self.state = state
        self.grants = Grants()
        self.initial = Switches(**{**credentials_of(self.name), **self.defaults})
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
    def environment(cls, settings: SandboxSettings) -> dict[str, str]:
        """Return the environment variables that point an app at this provider."""
        prefix, keys = cls.variable or cls.name.upper(), credentials_of(cls.name)
        return {
            f"{prefix}_CLIENT_ID": keys["client_id"],
            f"{prefix}_CLIENT_SECRET": keys["client_secret"],
            f"VALETKEY_{prefix}_BASE": settings.origin + cls.path,
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
        """Return the id by which this provider calls a user."""
        return persona.user_id

    def scopes_in(self, value: str) -> tuple[str, ...]:
        """Return the scopes of a parameter."""
        for separator in self.scope_separators:
            value = value.replace(separator, " ")
        return tuple(one for one in value.split(" ") if one)

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
        return {"error": error}

    def new_code(self) -> str:
        """Return a new code."""
        return base62(40)

    def new_token(self, code: Code) -> str:
        """Return a new access token."""
        return base62(48)

    def token_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        """Return the fields of a successful token reply."""
        return [
            ("access_token", access.token),
            ("token_type", "Bearer"),
            ("expires_in", 3600),
            ("scope", " ".join(access.code.authorization.scopes)),
        ]

    def token_content_type(self, request: Request) -> str | None:
        """Return the type of a successful token reply. None for JSON."""
        return None

    def token_refusal(self, request: Request, refusal: Refusal) -> Answer:
        """Return a token reply that refuses. RFC 6749 §5.2."""
        basic = refusal.status == 401 and "authorization" in request.headers
        headers = {"cache-control": "no-store"} | ({"www-authenticate": 'Basic realm="sandbox"'} if basic else {})
        body = f'{{"error": "{refusal.error}", "error_description": "The sandbox refused."}}'
        return Answer(refusal.status, body, JSON, headers, refusal.reason)

    def bearer_refusal(self, refused: BearerRefused) -> Answer:
        """Return a reply to a profile request whose access token does not do. RFC 6750 §3.1."""
        headers = {"www-authenticate": f'Bearer realm="sandbox", error="{refused.error}"'}
        return Answer(refused.status, f'{{"error": "{refused.error}"}}', JSON, headers, refused.reason)

    def profiles(self) -> dict[str, tuple[str, Profile, tuple[str, ...]]]:
        """Return what can be read with an access token: path below ``path`` → endpoint's name, handler, methods."""
        return {}


def credentials_of(name: str) -> dict[str, str]:
    """Return the client id and secret of the one app that may use a provider."""
    return {"client_id": f"sandbox-{name}", "client_secret": f"sandbox-{name}-secret"}


def number(user_id: str) -> int | str:
    """Return an id as a JSON number, at a provider whose ids are numbers. A test may make up another kind."""
    return int(user_id) if re.fullmatch("[1-9][0-9]*", user_id) else user_id
