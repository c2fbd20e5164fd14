"""A provider over OAuth 2.0: its routes, and what the control of the sandbox does with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..answers import Answer, answering, showing
from ..messages import Request, Response, Route, path_pattern
from . import authorizing, consent, exchange
from .bearer import BearerRefused, access_token_of, journaled
from .demands import check_profile
from .facts import Facts, Profile
from .refusals import DeadEnd


class OAuth2Front(Facts):
    """A provider over OAuth 2.0. A subclass says what it is."""

    def more_routes(self) -> list[Route]:
        """Return further routes."""
        return []

    def routes(self) -> list[Route]:
        """Return the routes."""

        async def ask(request: Request, entry: dict[str, Any]) -> Response:
            entry.update(authorizing.journaled(self, request.query_string))
            return consent.ask(self, request, entry)

        async def decide(request: Request, entry: dict[str, Any]) -> Response:
            return await consent.decide(self, request, entry)

        async def token(request: Request, body: bytes) -> Answer:
            return await exchange.token(self, request, body)

        def journaled(request: Request, body: bytes) -> dict[str, Any]:
            return exchange.journaled(self, request, body)

        issue = answering(self.state, self.name, "token", token, journaled)
        return [
            Route(self.path + self.authorize_path, self._page("authorize", ask), methods=["GET"]),
            Route(f"{self.path}/sandbox/decide", self._page("decide", decide), methods=["POST"]),
            Route(self.path + self.token_path, issue, methods=list(self.token_methods)),
            *self.more_routes(),
            *(self._profile(path, *one) for path, one in self.profiles().items()),
        ]

    def _page(
        self, endpoint: str, verb: Callable[[Request, dict[str, Any]], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        return showing(self.state, self.name, endpoint, verb, self.page_headers)

    def page_headers(self) -> dict[str, str]:
        """Return the headers of its pages."""
        coop = self.switches.coop or self.state.settings.coop
        return {**self.headers, **({"cross-origin-opener-policy": coop} if coop is not None else {})}

    def _profile(self, path: str, endpoint: str, handler: Profile, methods: tuple[str, ...]) -> Route:
        async def answer(request: Request, body: bytes) -> Answer:
            try:
                access = access_token_of(self, request, body)
                if path == self.profile_path:
                    check_profile(self, access, request, body)
                answer = await handler(access, request)
            except BearerRefused as refused:
                return self.bearer_refusal(refused)
            answer.journal["user_id"] = access.persona.user_id
            return answer

        def kept(request: Request, body: bytes) -> dict[str, Any]:
            return journaled(self, request, body)

        return Route(
            self.path + path,
            answering(self.state, self.name, endpoint, answer, kept),
            methods=list(methods),
        )

    def approve(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Approve or cancel a login as its page does. See ``fronts``."""
        parts = urlsplit(asked["url"])
        pattern = path_pattern(self.path + self.authorize_path)
        found = pattern.fullmatch(parts.path)
        if found is None:
            raise ValueError(f"users of {self.title} are not sent to {parts.path}")
        query = parts.query.encode()
        entry = self.state.record(
            provider=self.name,
            endpoint="authorize",
            method="GET",
            path=parts.path,
            **authorizing.journaled(self, query),
        )
        try:
            request = authorizing.judged(self, query, found.groupdict())
        except DeadEnd as fault:
            entry.update(status=400, accepted=False, reason=str(fault))
            raise ValueError(str(fault)) from None
        except authorizing.Sendable as fault:
            entry.update(status=302, accepted=False, reason=fault.refusal.reason)
            return consent.refused(self, fault.asked, fault.refusal.error).to_json()
        entry.update(status=200, accepted=True)
        if asked.get("cancel"):
            return consent.refused(self, request, "access_denied").to_json()
        persona = self.state.chosen(self.name, asked)
        if not self.admits(persona, request.path):
            raise ValueError(f"{persona.handle} cannot sign in here")
        how = {"shares_email": bool(asked.get("shares_email", True)), "spent": bool(asked.get("spent"))}
        return consent.approved(self, request, persona, **how).to_json()

    def subject(self, user: Mapping[str, Any]) -> str:
        """Return the id of a user. See ``fronts``."""
        return self.subject_of(self.state.chosen(self.name, user))
