"""X over OAuth 1.0a, at the root of the sandbox: signed endpoints, and pages for users."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..answers import Answer, answering, callback_url
from ..messages import Request, Route
from ..personas import X
from ..state import State
from . import consent, endpoints
from .signature import Unreadable, read
from .tokens import Tokens

_NAMED = ("oauth_token", "oauth_callback", "oauth_verifier", "oauth_nonce", "oauth_timestamp", "oauth_signature")


class OAuth1Front:
    """The front that plays X over OAuth 1.0a."""

    name = X
    title = consent.TITLE
    path = ""

    def __init__(self, state: State) -> None:
        self.state = state
        self.tokens = Tokens(state)

    @property
    def secrets(self) -> list[str]:
        """The secrets that the client has from the start."""
        return [self.state.settings.consumer_secret]

    def routes(self) -> list[Route]:
        """Return the routes of this front."""
        programs = {
            "/oauth/request_token": ("request_token", endpoints.request_token, "POST"),
            "/oauth/access_token": ("access_token", endpoints.access_token, "POST"),
            "/1.1/account/verify_credentials.json": ("verify_credentials", endpoints.verify_credentials, "GET"),
            "/2/users/me": ("users_me", endpoints.users_me, "GET"),
        }
        return [
            *(
                Route(path, self._signed(name, verb), methods=[method])
                for path, (name, verb, method) in programs.items()
            ),
            *consent.routes(self.tokens),
        ]

    def approve(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Approve a login as its page does. See ``control``."""
        named = asked["oauth_token"] if "oauth_token" in asked else _token_in(asked["url"])
        token = self.tokens.request_tokens.get(named)
        if token is None:
            raise ValueError("no such request token")
        if asked.get("cancel"):
            token.denied = True
            return {"callback": callback_url(token.callback, denied=token.token)}
        verifier = self.tokens.approve(token, self.state.chosen(X, asked))
        return {"callback": callback_url(token.callback, oauth_token=token.token, oauth_verifier=verifier)}

    def subject(self, user: Mapping[str, Any]) -> str:
        """Return the id of a user. See ``control``."""
        return self.state.chosen(X, user).user_id

    def _signed(
        self, endpoint: str, handler: Callable[[Tokens, Request, bytes], Awaitable[Answer]]
    ) -> Callable[[Request], Awaitable[Any]]:
        async def answer(request: Request, body: bytes) -> Answer:
            return await handler(self.tokens, request, body)

        return answering(self.state, X, endpoint, answer, self._parameters_of)

    def _parameters_of(self, request: Request, body: bytes) -> dict[str, str | None]:
        """Return the protocol parameters of a request for the journal, whether they are right or wrong."""
        try:
            signed = read(
                method=request.method,
                origin=self.state.settings.origin,
                raw_path=b"",
                raw_query=request.query_string,
                headers=request.raw_headers,
                body=body,
            )
        except Unreadable:
            return {}
        found = {name: signed.oauth(name) for name in _NAMED}
        return {**found, "nonce": found["oauth_nonce"]}


def _token_in(url: str) -> str:
    return parse_qs(urlsplit(url).query).get("oauth_token", [""])[0]
