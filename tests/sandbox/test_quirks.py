"""What a table of the sandbox can say: each attribute against the client's option for it, in memory.

With the option the client signs in, and without it the sandbox refuses. So neither side can overlook the other's.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from valetkey import errors
from valetkey.crypto import Secret
from valetkey.http_client import perform
from valetkey.http_client.runner import LoopRunner
from valetkey.login.identification import identified
from valetkey.login.profile_requests import ProfileRequests
from valetkey.login.server_clock import ServerClock
from valetkey.models import Profile
from valetkey.protocols.base import Grant, Inputs, PendingRequest
from valetkey.protocols.discovery import ServerMetadata
from valetkey.protocols.http import HttpRequest, HttpResponse
from valetkey.protocols.oauth2 import ClientCredentials, OAuth2
from valetkey.protocols.openid import OpenIDConnect
from valetkey.providers.record.claims import read_claims
from valetkey.providers.record.provider import Provider
from valetkey.testing.sandbox.messages import Request, routed
from valetkey.testing.sandbox.oauth2 import OAuth2Front
from valetkey.testing.sandbox.oauth2.bearer import scheme
from valetkey.testing.sandbox.oauth2.facts import number
from valetkey.testing.sandbox.oauth2.grants import AccessToken, Code
from valetkey.testing.sandbox.openid import OpenIDFront
from valetkey.testing.sandbox.settings import SandboxSettings
from valetkey.testing.sandbox.state import State

CALLBACK = "http://localhost:8000/auth/plain"


class Plain(OAuth2Front):
    """It does nothing otherwise. Each test changes one thing."""

    name = "plain"
    title = "Plain"
    authorize_path = "/authorize"
    token_path = "/token"
    profile_path = "/me"

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        return {"id": number(self.subject_of(access.persona)), "name": access.persona.name, "email": access.email}


class PlainOpenID(OpenIDFront):
    name = "plainid"
    title = "Plain"
    authorize_path = "/authorize"
    token_path = "/token"


class Stage:
    """A front in memory, and a transport to it."""

    def __init__(self, front: type[OAuth2Front], **changes: object) -> None:
        self.state = State(SandboxSettings(match="any"))
        self.front = type("Changed", (front,), changes)(self.state)
        self._answer = routed(self.front.routes())

    async def send(self, request: HttpRequest, deadline: float = 0) -> HttpResponse:
        parts = urlsplit(request.url)
        headers = [(name.lower().encode(), value.encode()) for name, value in request.headers.items()]
        response = await self._answer(
            Request(
                method=request.method,
                target=f"{parts.path}?{parts.query}".encode(),
                raw_headers=headers,
                content=request.body,
                abort=lambda: None,
                on_close=lambda done: None,
            )
        )
        body = b"".join([part async for part in response.chunks()])
        return HttpResponse(status=response.status_code, headers=response.headers, body=body)

    async def close(self) -> None:
        pass

    def calls(self, endpoint: str) -> list[dict[str, Any]]:
        return [one for one in self.state.journal if one["endpoint"] == endpoint]


def inputs() -> Inputs:
    return Inputs(nonces=ServerClock("plain", time.time))


def client(stage: Stage, **options: Any) -> OAuth2:
    keys = stage.front.app_keys()
    usual = {
        "credentials": ClientCredentials(identifier=keys["client_id"], secret=Secret(keys["client_secret"])),
        "authorize_url": stage.front.base + stage.front.authorize_path,
        "token_url": stage.front.base + stage.front.token_path,
        "scopes": ("read", "email"),
    }
    return OAuth2(**{**usual, **options})


def describe(reply: Mapping[str, object]) -> Profile:
    value = reply.get("data", reply)
    assert isinstance(value, dict)
    return Profile(subject=str(value["id"]), name=value["name"], email=value["email"])


def granted(stage: Stage, protocol: OAuth2 | OpenIDConnect, **asked: Any) -> Grant:
    """The user approves, and the code is exchanged."""

    async def login() -> Grant:
        request = await perform(protocol.authorize(CALLBACK, inputs()), stage, budget_seconds=5)
        back = stage.front.approve({"url": request.url, "persona": "ada", **asked})["callback"]
        parameters = protocol.parse_callback(dict(parse_qsl(urlsplit(back).query)))
        if parameters.refusal is not None:
            raise parameters.refusal
        pending = PendingRequest(request_id=request.request_id, callback_url=CALLBACK, memo=request.memo)
        grant = await perform(protocol.exchange(pending, parameters, inputs()), stage, budget_seconds=5)
        claims = protocol.claims(grant, pending, inputs())
        return replace(grant, fields={**grant.fields, **claims})

    return asyncio.run(login())


def signed_in(stage: Stage, protocol: OAuth2, *, query: str = "", **record: Any) -> Profile:
    """A whole login, with its profile, as the app makes it."""
    grant = granted(stage, protocol)
    url = f"{stage.front.base}/me{query}"
    usual = {"name": "plain", "title": "Plain", "identity_from": "profile", "profile_url": url, "describe": describe}
    provider = Provider(**{**usual, "protocol": protocol, **record})

    async def read() -> Profile:
        requests = ProfileRequests(
            provider=provider,
            grant=grant,
            inputs=inputs(),
            transport=stage,
            runner=LoopRunner(),
            deadline=time.monotonic() + 5,
        )
        return await identified(provider, {}, None, requests)

    return asyncio.run(read())


class QL(Plain):
    profile_methods = ("POST",)
    profile_query = r"\{ viewer \{ id name \} \}"

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        return {"data": super().profile_of(access)}


class Device(Plain):
    def callback_fields(self, code: Code) -> dict[str, str]:
        return {"device_id": "d-1"}


QUERY = json.dumps({"query": "{ viewer { id name } }"})
# What the table says, the client's options for the protocol, and those of the provider.
PAIRS: dict[str, tuple[type[OAuth2Front], dict[str, object], dict[str, Any], dict[str, Any]]] = {
    "the client id's name": (Plain, {"client_id_parameter": "client_key"}, {"client_id_parameter": "client_key"}, {}),
    "basic alone": (Plain, {"authentication": ("basic",)}, {"client_authentication": "basic"}, {}),
    "the word before a token": (Plain, {"credentials": scheme("OAuth")}, {"token_scheme": "OAuth"}, {}),
    "a token in the body": (
        Plain,
        {"token_placement": "body", "profile_methods": ("POST",)},
        {"token_placement": "body"},
        {"profile_method": "POST"},
    ),
    "no token type": (Plain, {"sends_token_type": False}, {"requires_token_type": False}, {}),
    "parameters at the start": (
        Plain,
        {"required_parameters": {"audience": "api", "claims": ""}},
        {"authorize_parameters": {"audience": "api", "claims": "whatever"}},
        {},
    ),
    "parameters of the exchange": (
        Plain,
        {"required_token_parameters": {"audience": "api", "x": ""}},
        {"token_parameters": {"audience": "api", "x": "whatever"}},
        {},
    ),
    "the state again": (Plain, {"returned_parameters": ("state",)}, {"callback_parameters": ("state",)}, {}),
    "a device again": (Device, {"returned_parameters": ("device_id",)}, {"callback_parameters": ("device_id",)}, {}),
    "headers": (
        Plain,
        {"required_headers": {"user-agent": "(?!python).+"}},
        {"headers": {"User-Agent": "valetkey-test"}},
        {},
    ),
    "headers of the profile's": (
        Plain,
        {"required_profile_headers": {"api-version": "2026-.*"}},
        {"headers": {"Api-Version": "2026-01-02"}},
        {},
    ),
    "scopes by commas": (Plain, {"scope_separators": ","}, {"scope_separator": ","}, {}),
    "a scope of the profile's": (Plain, {"profile_scopes": ("me",)}, {"scopes": ("me", "email")}, {}),
    "GraphQL": (QL, {}, {}, {"profile_method": "POST", "profile_body": QUERY}),
    "no PKCE": (Plain, {"defaults": {"pkce": "refused"}}, {"pkce": False}, {}),
    "PKCE": (Plain, {"defaults": {"pkce": "required"}}, {}, {"query": "?"}),
}  # fmt: skip
WITHOUT: dict[str, dict[str, Any]] = {"PKCE": {"pkce": False}, "headers": {"headers": {"User-Agent": "python/3"}}}


@pytest.mark.parametrize("name", PAIRS)
def test_the_clients_option_is_what_the_table_asks_for(name: str) -> None:
    front, table, options, record = PAIRS[name]
    stage = Stage(front, **table)
    profile = signed_in(stage, client(stage, **options), **record)
    assert (profile.subject, profile.name) == ("9000000000000000001", "Ada Example")
    assert all(one["accepted"] for one in stage.state.journal)
    assert stage.calls("profile")[0]["access_token"] in stage.state.issued
    assert stage.calls("token")[0]["client_id"] == stage.calls("authorize")[0]["client_id"] == "sandbox-plain"


@pytest.mark.parametrize("name", PAIRS)
def test_without_the_option_the_sandbox_refuses(name: str) -> None:
    front, table, _, record = PAIRS[name]
    stage = Stage(front, **table)
    method = {"profile_method": record["profile_method"]} if "profile_method" in record else {}
    with pytest.raises((errors.ProviderError, errors.Denied, ValueError)):
        signed_in(stage, client(stage, **WITHOUT.get(name, {})), **method)
    refusal = stage.state.journal[-1]
    assert name == "no token type" or (refusal["accepted"] is False and refusal["reason"])


WRONG: dict[str, tuple[dict[str, object], dict[str, Any], str]] = {
    "another value at the start": (
        {"required_parameters": {"audience": "api"}}, {"authorize_parameters": {"audience": "x"}}, "audience is 'x'",
    ),
    "another value in the exchange": (
        {"required_token_parameters": {"audience": "api"}}, {"token_parameters": {"audience": "x"}}, "audience is 'x'",
    ),
    "another state": (
        {"returned_parameters": ("state",)}, {"token_parameters": {"state": "x"}}, "state is 'x'",
    ),
    "a header that is wrong": (
        {"required_headers": {"user-agent": "valetkey.*"}}, {"headers": {"User-Agent": "curl"}}, "must match",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_another_value_is_refused(name: str) -> None:
    table, options, why = WRONG[name]
    stage = Stage(Plain, **table)
    with pytest.raises((errors.ProviderError, ValueError)):
        granted(stage, client(stage, **options))
    assert why in stage.state.journal[-1]["reason"]


def test_a_public_client() -> None:
    """VK's: PKCE and no secret. Elsewhere it is refused."""
    keys = ClientCredentials(identifier="sandbox-plain")
    stage = Stage(Plain, authentication=("none", "post"))
    assert granted(stage, client(stage, credentials=keys)).access_token
    strict = Stage(Plain)
    with pytest.raises(errors.ProviderRefusedKeys):
        granted(strict, client(strict, credentials=keys))


def test_two_places_for_one_access_token() -> None:
    """RFC 6750 §2: in one alone. A form also names a client that is known."""
    stage = Stage(Plain, token_placement="body", profile_methods=("POST",))
    token = granted(stage, client(stage)).access_token.reveal()
    form, known = {"Content-Type": "application/x-www-form-urlencoded"}, "client_id=sandbox-plain"

    def status(body: str, **headers: str) -> int:
        request = HttpRequest(
            method="POST", url=f"{stage.front.base}/me", headers={**form, **headers}, body=body.encode()
        )
        return asyncio.run(stage.send(request)).status

    assert status(f"access_token={token}&{known}") == 200
    assert status(f"access_token={token}") == 400
    assert status(f"access_token={token}&client_id=other") == 400
    assert status(f"access_token={token}&{known}", Authorization=f"Bearer {token}") == 400
    assert status(known, Authorization=f"Bearer {token}") == 401
    assert status(f"access_token={token}&access_token={token}&{known}") == 401


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (QUERY, "application/json", 200),
        (QUERY, "application/json; charset=utf-8", 200),
        (QUERY, "text/plain", 400),
        (json.dumps({"query": "{ viewer { id } }"}), "application/json", 400),
        (json.dumps({"query": None}), "application/json", 400),
        ("[]", "application/json", 400),
        ("{", "application/json", 400),
        ("", "application/json", 400),
    ],
)
def test_a_query_in_the_body(body: str, kind: str, status: int) -> None:
    stage = Stage(QL)
    token = granted(stage, client(stage)).access_token.reveal()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
    request = HttpRequest(method="POST", url=f"{stage.front.base}/me", headers=headers, body=body.encode())
    assert asyncio.run(stage.send(request)).status == status


def test_pkce_is_refused_at_the_start_and_in_the_exchange() -> None:
    """A real provider that refuses it does so at one of the two."""
    stage = Stage(Plain, defaults={"pkce": "refused"})
    with pytest.raises(errors.AppNotAllowed):
        granted(stage, client(stage))
    plain, usual = client(stage, pkce=False), client(stage)

    async def exchange(protocol: OAuth2) -> HttpResponse:
        request = await perform(plain.authorize(CALLBACK, inputs()), stage, budget_seconds=5)
        back = stage.front.approve({"url": request.url, "persona": "ada"})["callback"]
        callback = plain.parse_callback(dict(parse_qsl(urlsplit(back).query)))
        memo = {"verifier": Secret("v" * 43)}
        pending = PendingRequest(request_id=request.request_id, callback_url=CALLBACK, memo=memo)
        return await stage.send(next(protocol.exchange(pending, callback, inputs())))

    assert asyncio.run(exchange(usual)).status == 401
    assert asyncio.run(exchange(plain)).status == 200


@pytest.mark.parametrize(
    ("written", "expected"),
    [(" ", "read email"), (",", "read,email"), ("[]", ["read", "email"]), (None, None)],
)
def test_how_the_scopes_come_back(written: str | None, expected: object) -> None:
    stage = Stage(Plain, scope_reply=written)
    assert granted(stage, client(stage)).fields.get("scope") == expected


def test_more_fields_of_the_token_reply() -> None:
    stage = Stage(Plain, token_extras=lambda self, access: {"uid": access.persona.user_id})
    assert granted(stage, client(stage)).fields["uid"] == "9000000000000000001"


@pytest.mark.parametrize(
    ("cancel", "words"),
    [({"error": "access_denied"}, {}), ({"error": "no_thanks"}, {"cancel_errors": frozenset({"no_thanks"})}),
     ({"error_code": "200", "error_reason": "user_denied"}, {})],
)  # fmt: skip
def test_cancel_in_the_tables_words(cancel: dict[str, str], words: dict[str, Any]) -> None:
    stage = Stage(Plain, cancel=cancel)
    with pytest.raises(errors.Denied):
        granted(stage, client(stage, **words), cancel=True)


ERRORS: dict[str, tuple[dict[str, object], int, dict[str, object]]] = {
    "the standard's": ({}, 400, {"error": "invalid_grant", "error_description": "The sandbox refused."}),
    "another word": ({"token_errors": {"invalid_grant": "bad"}}, 400, {"error": "bad"}),
    "a word for the redirect URI": (
        {"token_errors": {"redirect_uri": "mismatch", "invalid_grant": "bad"}}, 400, {"error": "mismatch"}
    ),
    "another status": ({"token_statuses": {"invalid_grant": 403}}, 403, {"error": "invalid_grant"}),
    "200 for every error": ({"token_statuses": {"": 200}}, 200, {"error": "invalid_grant"}),
    "another body": (
        {"token_error": lambda self, error, status: {"id": error, "status": status}}, 400,
        {"id": "invalid_grant", "status": 400},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors_of_the_token_endpoint(name: str) -> None:
    table, status, expected = ERRORS[name]
    stage = Stage(Plain, **table)
    protocol = client(stage)

    async def exchange() -> HttpResponse:
        request = await perform(protocol.authorize(CALLBACK, inputs()), stage, budget_seconds=5)
        back = stage.front.approve({"url": request.url, "persona": "ada"})["callback"]
        callback = protocol.parse_callback(dict(parse_qsl(urlsplit(back).query)))
        pending = PendingRequest(request_id=request.request_id, callback_url=f"{CALLBACK}/x", memo=request.memo)
        return await stage.send(next(protocol.exchange(pending, callback, inputs())))

    reply = asyncio.run(exchange())
    assert reply.status == status
    assert expected.items() <= json.loads(reply.body).items()
    assert stage.calls("token")[0]["accepted"] is False


def test_errors_of_the_profile() -> None:
    stage = Stage(
        Plain,
        profile_statuses={401: 403},
        profile_error=lambda self, error, status: {"message": error, "status": status},
    )
    headers = {"Authorization": "Bearer nonsense"}
    reply = asyncio.run(stage.send(HttpRequest(method="GET", url=f"{stage.front.base}/me", headers=headers)))
    assert (reply.status, json.loads(reply.body)) == (403, {"message": "invalid_token", "status": 403})


@pytest.mark.parametrize(
    ("shape", "pattern"),
    [
        ("{number}", "9000000000000000001"),
        ("{uuid}", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("U{HEX:.10}", "U[0-9A-F]{10}"),
        ("{hex:.24}", "[0-9a-f]{24}"),
    ],
)
def test_shapes_of_ids(shape: str, pattern: str) -> None:
    """Two users have two ids, and a test that makes a user up gives the id itself."""
    stage = Stage(Plain, id_format=shape)
    ids = {stage.front.subject({"persona": handle}) for handle in ("ada", "bare", "rtl")}
    assert len(ids) == 3
    if shape != "{number}":
        assert all(re.fullmatch(pattern, one) for one in ids)
    assert re.fullmatch(pattern, stage.front.subject({"persona": "ada"}))
    assert stage.front.subject({"user_id": "0007"}) == "0007"


def test_the_profile_of_the_e_mail_scope() -> None:
    stage = Stage(Plain, email_scope="user:email")
    assert signed_in(stage, client(stage, scopes=("read", "user:email"))).email == "ada@example.com"
    assert signed_in(stage, client(stage, scopes=("read",))).email is None


def test_where_a_table_is_and_what_it_is_called() -> None:
    assert (Plain.path, PlainOpenID.path) == ("/plain", "/plainid")
    assert Plain.addresses() == {}
    stage = Stage(
        Plain, site="https://a.test", api="https://b.test", profile_site="https://c.test", emails_path="/mails"
    )
    assert type(stage.front).addresses() == {
        "authorize": "https://a.test/authorize",
        "token": "https://b.test/token",
        "profile": "https://c.test/me",
        "emails": "https://c.test/mails",
    }


def test_what_is_read_at_the_e_mails_path() -> None:
    mails = [{"email": "ada@example.com", "primary": True}]
    stage = Stage(Plain, emails_path="/mails", emails_of=lambda self, access: mails)
    grant = granted(stage, client(stage))
    headers = {"Authorization": f"Bearer {grant.access_token.reveal()}"}
    reply = asyncio.run(stage.send(HttpRequest(method="GET", url=f"{stage.front.base}/mails", headers=headers)))
    assert json.loads(reply.body) == mails


# ID tokens by the client secret


def openid(stage: Stage, **options: Any) -> OpenIDConnect:
    front, keys = stage.front, stage.front.app_keys()
    usual = {
        "credentials": ClientCredentials(identifier=keys["client_id"], secret=Secret(keys["client_secret"])),
        "issuer": front.issuer,
        "metadata": ServerMetadata(
            issuer=front.issuer,
            authorize_url=front.base + front.authorize_path,
            token_url=front.base + front.token_path,
            keys_url=f"{front.base}/keys",
        ),
        "client_authentication": "post",
    }
    return OpenIDConnect(**{**usual, **options})


def test_an_id_token_by_the_client_secret() -> None:
    """LINE's. Its key set has keys for others, which the client does not read."""
    stage = Stage(PlainOpenID, signs_with_secret=True, algorithms=("ES256",), defaults={"algorithm": "ES256"})
    grant = granted(stage, openid(stage, id_token_key="client_secret"))
    assert read_claims(grant.fields).email == "ada@example.com"
    assert grant.id_token is not None
    header = grant.id_token.reveal().split(".")[0]
    assert json.loads(urlsafe_b64decode(header + "==")) == {"alg": "HS256", "typ": "JWT"}
    assert not stage.calls("keys")
    assert len(stage.front.app_keys()["client_secret"]) >= 32
    assert stage.front.switches.client_secret == stage.front.app_keys()["client_secret"]


def test_the_client_secret_signs_only_where_the_table_says_so() -> None:
    stage = Stage(PlainOpenID)
    secret = Secret("sandbox-plainid-secret-of-at-least-32-octets")
    stage.front.change(client_secret=secret.reveal())
    keys = ClientCredentials(identifier="sandbox-plainid", secret=secret)
    with pytest.raises(errors.ProviderReplyInvalid, match="alg"):
        granted(stage, openid(stage, credentials=keys, id_token_key="client_secret"))


def test_addresses_of_openid() -> None:
    stage = Stage(
        PlainOpenID, site="https://a.test", api="https://b.test", issuer_address="https://i.test/", keys_site="https://k.test"
    )  # fmt: skip
    assert type(stage.front).addresses() == {
        "authorize": "https://a.test/authorize",
        "token": "https://b.test/token",
        "issuer": "https://i.test/",
        "keys": "https://k.test/keys",
        "userinfo": "https://b.test/userinfo",
    }


def test_the_metadata_say_how_a_client_authenticates() -> None:
    stage = Stage(PlainOpenID, authentication=("none", "basic"))
    assert stage.front.metadata({})["token_endpoint_auth_methods_supported"] == ["none", "client_secret_basic"]
