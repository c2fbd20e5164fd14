"""P: an OAuth 2.0 and OpenID provider under a test's control, on loopback, in the process of the test.

It is lenient: it accepts any code, verifier, secret and callback address, again and again, so that only the client's
checks can hold an attack back. ``checks`` makes it strict, one rule at a time. Whatever it says, a test can replace:

``metadata``, ``header``, ``claims``, ``token_fields``, ``callback``  members to add, change or leave out (``ABSENT``)
``keys``, ``signing``       what it publishes, and what it signs with
``make_id_token``           writes the whole ID token
``replace(endpoint, …)``    the whole reply of an endpoint: bytes, headers, status, late or never

An issuer is any address of P's: what a path has before an endpoint's own, so that one P is many. ``journal`` has
every request. The user's part, the approval, is ``approve``: it goes where a browser would be sent, without a browser;
a browser that goes there itself approves at once, as ``person``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias
from urllib.parse import urlencode

from .hostile_grants import ABSENT, ADA, Grant, changed, fault_of, fields_of, self_submitting
from .hostile_http import Reply, Request, Server, split_target
from .hostile_profiles import PROFILES
from .jose import Key, key, token

ENDPOINTS: dict[str, str] = {
    "/.well-known/openid-configuration": "discovery",
    "/authorize": "authorize",
    "/dialog/oauth": "authorize",
    "/access_token": "token",
    "/token": "token",
    "/keys": "keys",
    **{end: name for end, (name, _) in PROFILES.items()},
}
BACK_CHANNEL = ("token", "keys", "userinfo", "profile", "emails")
__all__ = ["ABSENT", "ADA", "Grant", "Hostile", "changed", "hostile"]

Usual: TypeAlias = Callable[[], Reply]
Replacement: TypeAlias = Reply | Callable[[Request, Usual], Reply]


class Hostile:
    """P. ``reset`` makes it lenient and honest again, and keeps its keys."""

    def __init__(self, port: int = 0) -> None:
        self._lock = threading.RLock()
        self._server = Server(port, self._read, self._answer)
        self.port = int(self._server.server_address[1])
        self.origin = f"http://localhost:{self.port}"
        self.client_id, self.client_secret = f"client-at-{self.port}", f"secret-of-the-client-at-{self.port}"
        self.reset()

    def reset(self) -> None:
        with self._lock:
            self.journal: list[Request] = []
            self.person: Mapping[str, object] = ADA
            self.signing: Key = key("RS256", f"of-{self.port}", self.port)
            self.keys: list[object] = [self.signing]  # keys, or members written out
            self.keys_of: dict[str, list[object]] = {}  # an issuer's, where it has others
            self.checks: set[str] = set()  # code, pkce, redirect, client, token
            self.metadata: dict[str, object] = {}
            self.header: dict[str, object] = {}
            self.claims: dict[str, object] = {}
            self.token_fields: dict[str, object] = {}
            self.callback: dict[str, object] = {}
            self.make_id_token: Callable[[Grant, dict[str, object], dict[str, object]], str] | None = None
            self.clock: Callable[[], float] = time.time
            self.grants: list[Grant] = []
            self.failures: list[Exception] = []
            self._replaced: dict[str, list[list[Any]]] = {}

    def stop(self) -> None:
        self._server.stop()

    # What a test says and asks

    def replace(self, endpoint: str, by: Replacement | None = None, *, times: int | None = None, **reply: Any) -> None:
        """Replace an endpoint's replies.

        Args:
            by: a reply, or a function that gets the request and the usual reply as a function: P does its part of the
                work only if that is called.
            times: for so many requests; None for all from now on.
            reply: instead of ``by``, the members of a ``Reply``.
        """
        with self._lock:
            self._replaced.setdefault(endpoint, []).append([by or Reply(**reply), times])

    def restore(self, endpoint: str) -> None:
        self._replaced.pop(endpoint, None)

    def calls(self, *endpoints: str) -> list[Request]:
        """The requests so far, at these endpoints; without one, those of an app's exchange: token, keys, profile."""
        return [one for one in list(self.journal) if one.endpoint in (endpoints or BACK_CHANNEL)]

    def forget(self) -> None:
        """Empty the journal, such as after a start, which reads discovery and keys."""
        self.journal = []

    @property
    def secrets(self) -> dict[str, set[str]]:
        """What must stand in no page, log or row, by kind."""
        forms = [dict(one.form) for one in self.calls("token")]
        return {
            "code": {one.code for one in self.grants} | {one["code"] for one in forms if "code" in one},
            "access token": {one.access_token for one in self.grants},
            "nonce": {one.start["nonce"] for one in self.grants if "nonce" in one.start},
            "verifier": {one["code_verifier"] for one in forms if "code_verifier" in one},
            "client secret": {self.client_secret},
        }

    # The user's part

    def approve(self, send_to: str, person: Mapping[str, object] | None = None, **claims: object) -> str:
        """The callback's address, as the redirect has it.

        Args:
            send_to: where the app sent the user.
            person: who approves; ``person`` of P otherwise.
            claims: changes to that.
        """
        address, fields = self.approved(send_to, person, **claims)
        return f"{address}?{urlencode(fields)}"

    def approved(
        self, send_to: str, person: Mapping[str, object] | None = None, **claims: object
    ) -> tuple[str, list[tuple[str, str]]]:
        """The callback's address and its parameters, for a test that sends them in its own way (form_post)."""
        request = self._read("GET", send_to.removeprefix(self.origin))
        assert request.endpoint == "authorize", send_to
        with self._lock:
            self.journal.append(request)
        return self._granted(request, changed(person or self.person, claims))

    def refuse(self, send_to: str, error: str | None = "access_denied", **fields: str) -> str:
        """The callback of a user who refuses."""
        start = dict(self._read("GET", send_to.removeprefix(self.origin)).query)
        refusal = {"error": error, "state": start.get("state"), **fields}
        return f"{start['redirect_uri']}?{urlencode({name: one for name, one in refusal.items() if one is not None})}"

    def _granted(self, request: Request, person: Mapping[str, object]) -> tuple[str, list[tuple[str, str]]]:
        grant = Grant(request.issuer, person, dict(request.query))
        with self._lock:
            self.grants.append(grant)
        usual = {"code": grant.code, "state": grant.start.get("state", ABSENT)}
        return grant.start["redirect_uri"], fields_of(changed(usual, self.callback))

    # The endpoints

    def _read(self, method: str, target: str) -> Request:
        path, query = split_target(target)
        for end, endpoint in ENDPOINTS.items():
            if path.endswith(end):
                above = path.removesuffix(end)
                for more in ("/login/oauth", "/oauth"):
                    above = above.removesuffix(more) if endpoint in ("authorize", "token") else above
                return Request(endpoint, self.origin + above, method, path, query)
        return Request("other", self.origin, method, path, query)

    def _answer(self, request: Request) -> Reply:
        with self._lock:
            self.journal.append(request)
            replacement = self._replacement(request.endpoint)
        try:
            reply = self._reply(request, replacement)
        except Exception as failure:  # of a test's own function, in a thread of the server's
            self.failures.append(failure)
            raise
        request.status = None if reply.drop else reply.status
        return reply

    def _reply(self, request: Request, replacement: Replacement | None) -> Reply:
        if replacement is None:
            return self._usual(request)
        return replacement if isinstance(replacement, Reply) else replacement(request, lambda: self._usual(request))

    def _replacement(self, endpoint: str) -> Replacement | None:
        for one in self._replaced.get(endpoint, []):
            if one[1] is None or one[1] > 0:
                one[1] = None if one[1] is None else one[1] - 1
                return one[0]  # type: ignore[no-any-return]
        return None

    def _usual(self, request: Request) -> Reply:
        match request.endpoint:
            case "discovery":
                return Reply(body=self.document(request.issuer))
            case "keys":
                members = self.keys_of.get(request.issuer, self.keys)
                return Reply(body={"keys": [one.jwk if isinstance(one, Key) else one for one in members]})
            case "authorize":
                return self._authorize(request)
            case "token":
                return self._exchange(request)
            case "other":
                return Reply(404, {"error": "not_found"})
        return self._profile(request)

    def document(self, issuer: str) -> dict[str, object]:
        """The discovery document of an issuer."""
        usual = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys",
            "userinfo_endpoint": f"{issuer}/userinfo",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }
        return changed(usual, self.metadata)

    def _authorize(self, request: Request) -> Reply:
        """As a page whose user approves at once."""
        mode = request.field("response_mode") or "query"
        address, fields = self._granted(request, self.person)
        if mode == "form_post":
            return Reply(body=self_submitting(address, fields))
        joint = "#" if mode == "fragment" else "?"
        return Reply(302, headers={"Location": f"{address}{joint}{urlencode(fields)}"})

    def _exchange(self, request: Request) -> Reply:
        with self._lock:
            code = request.field("code")
            grant = next((one for one in self.grants if one.code == code), None)
            fault = fault_of(request, grant, self.checks, (self.client_id, self.client_secret))
            if fault is not None:
                return Reply(401 if fault == "invalid_client" else 400, {"error": fault})
            if grant is None:
                grant = Grant(request.issuer, self.person, {"scope": "openid"})
                self.grants.append(grant)
            grant.spent += 1
            usual: dict[str, object] = {
                "access_token": grant.access_token,
                "token_type": "Bearer",
                "expires_in": 3600,
                "scope": grant.start.get("scope", ""),
            }
            if "openid" in grant.start.get("scope", "").split(" "):
                usual["id_token"] = self.id_token(grant)
            return Reply(body=changed(usual, self.token_fields))

    def id_token(self, grant: Grant) -> str:
        """The ID token of a grant, as a test has changed it."""
        now = int(self.clock())
        header = changed({"alg": self.signing.alg, "kid": self.signing.kid or ABSENT, "typ": "JWT"}, self.header)
        usual: dict[str, object] = {
            "iss": grant.issuer,
            "aud": grant.start.get("client_id", self.client_id),
            "iat": now,
            "exp": now + 600,
            "nonce": grant.start.get("nonce", ABSENT),
            **grant.person,
        }
        claims = changed(usual, self.claims)
        if self.make_id_token is not None:
            return self.make_id_token(grant, header, claims)
        return token(header, claims, self.signing, self.signing.alg)

    def _profile(self, request: Request) -> Reply:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        grant = next((one for one in self.grants if one.access_token == bearer), None)
        if "token" in self.checks and (grant is None or grant.revoked):
            return Reply(401, {"error": "invalid_token"})
        shape = next(shape for end, (_, shape) in PROFILES.items() if request.path.endswith(end))
        return Reply(body=shape(grant.person if grant is not None else self.person))


@contextmanager
def hostile() -> Iterator[Hostile]:
    p = Hostile()
    try:
        yield p
    finally:
        p.stop()
