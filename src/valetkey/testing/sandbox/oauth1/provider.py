"""A provider over OAuth 1.0a: its routes, and what the control of the sandbox does with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ..answers import Answer, answering, showing
from ..messages import Handler, Request, Response, Route
from . import consent, endpoints
from .facts import Facts, Profile, below
from .refusals import Refused
from .signature import Unreadable, read

_NAMED = ("oauth_token", "oauth_callback", "oauth_verifier", "oauth_nonce", "oauth_timestamp", "oauth_signature")


class OAuth1Provider(Facts):
    """A provider over OAuth 1.0a. A subclass says what it is."""

    def more_routes(self) -> list[Route]:
        """Return further routes."""
        return []

    def routes(self) -> list[Route]:
        """Return the routes. Several endpoints may have one path, and differ by a parameter of the query."""
        there: dict[str, list[tuple[dict[str, str], tuple[str, ...], Handler]]] = {}

        def add(address: str, methods: tuple[str, ...], handler: Handler) -> None:
            path, _, query = below(address).partition("?")
            there.setdefault(path, []).append((dict(parse_qsl(query)), methods, handler))

        add(self.request_token_url, self.request_methods, self._signed("request_token", endpoints.request_token))
        add(self.access_token_url, self.access_methods, self._signed("access_token", endpoints.access_token))
        for url, silent in self.pages().items():
            add(url, ("GET",), self._page(url, silent))
        for url, (endpoint, handler, methods) in self.profiles().items():
            add(url, methods, self._signed(endpoint, _reading(handler)))
        decide = showing(self.state, self.name, "decide", self._decide, self.page_headers)
        return [
            *(_routed(self.path + path, found) for path, found in there.items()),
            Route(self.decide_path, decide, methods=["POST"]),
            *self.more_routes(),
        ]

    def approve(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Approve or cancel a login as its page does. See ``fronts``."""
        query = self._query_of(asked)
        token = self.tokens.requests.get(query.get(self.token_parameter, ""))
        if token is None:
            raise ValueError("no such request token")
        fault = consent.unusable(self, token, query)
        if fault is not None:
            raise ValueError(fault)
        token.shown = query
        token.exchanged = bool(asked.get("spent"))
        if not asked.get("cancel"):
            return {"callback": consent.approved(self, token, self.state.chosen(self.name, asked))}
        return {"callback": consent.refused(self, token) or ""}

    def subject(self, user: Mapping[str, Any]) -> str:
        """Return the id of a user. See ``fronts``."""
        return self.subject_of(self.state.chosen(self.name, user))

    def page_headers(self) -> dict[str, str]:
        """Return the headers of its pages."""
        coop = self.switches.coop or self.state.settings.coop
        return {**self.headers, **({"cross-origin-opener-policy": coop} if coop is not None else {})}

    def _query_of(self, asked: Mapping[str, Any]) -> dict[str, str]:
        """Return the query of the address that the user is sent to.

        Raises:
            ValueError: it is not the address of one of its pages.
        """
        parts = urlsplit(asked["url"])
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        for page in self.pages():
            path, _, due = below(page).partition("?")
            if parts.path == self.path + path and dict(parse_qsl(due)).items() <= query.items():
                return query
        raise ValueError(f"users of {self.title} are not sent to {parts.path}")

    def _page(self, url: str, silent: bool) -> Handler:
        async def ask(request: Request, entry: dict[str, Any]) -> Response:
            return await consent.ask(self, request, entry, silent=silent)

        return showing(self.state, self.name, self.page_name(url), ask, self.page_headers)

    async def _decide(self, request: Request, entry: dict[str, Any]) -> Response:
        return await consent.decide(self, request, entry)

    def _signed(self, endpoint: str, handler: Callable[[Facts, Request, bytes], Awaitable[Answer]]) -> Handler:
        async def answer(request: Request, body: bytes) -> Answer:
            try:
                return await handler(self, request, body)
            except Refused as refused:
                refused.endpoint = endpoint
                return self.refusal(refused)

        return answering(self.state, self.name, endpoint, answer, self._journaled)

    def _journaled(self, request: Request, body: bytes) -> dict[str, str | None]:
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


def _reading(handler: Profile) -> Callable[[Facts, Request, bytes], Awaitable[Answer]]:
    """What answers a request for a profile, after its token was verified."""

    async def answer(front: Facts, request: Request, body: bytes) -> Answer:
        access, signed = endpoints.access_token_of(front, request, body)
        answer = await handler(access, request, signed)
        answer.journal.setdefault("user_id", access.persona.user_id)
        return answer

    return answer


def _routed(path: str, found: list[tuple[dict[str, str], tuple[str, ...], Handler]]) -> Route:
    """A path whose endpoints differ by their queries. The one with the most parameters counts."""
    if len(found) == 1 and not found[0][0]:
        return Route(path, found[0][2], methods=found[0][1])

    async def answer(request: Request) -> Response:
        for query, methods, handler in sorted(found, key=lambda one: -len(one[0])):
            if query.items() <= request.query_params.items():
                if request.method in methods:
                    return await handler(request)
                return Response("Method Not Allowed", 405, {"allow": ", ".join(methods)}, "text/plain")
        return Response("Not Found", 404, media_type="text/plain")

    return Route(path, answer, methods=sorted({method for _, methods, _ in found for method in methods}))
