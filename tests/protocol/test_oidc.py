"""OpenID Connect in memory: a whole login, and where its addresses, keys and algorithms come from."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from support.jose import Key, SharedKey, at_hash, key, token

from protocol.flows import CALLBACK, NOW, inputs, pending, talk
from valetkey import errors
from valetkey.crypto import Secret
from valetkey.protocols.base import AuthorizationRequest, CallbackParameters, Grant, PendingRequest, SignInProtocol
from valetkey.protocols.discovery import ServerMetadata
from valetkey.protocols.http import HttpRequest
from valetkey.protocols.jwks import ALGORITHMS, KeySet, UnknownKey
from valetkey.protocols.oauth2 import ClientCredentials, code_challenge
from valetkey.protocols.openid import OpenIDConnect

ISSUER = "https://idp.test"
METADATA = ServerMetadata(
    issuer=ISSUER,
    authorize_url=f"{ISSUER}/auth",
    token_url=f"{ISSUER}/token",
    keys_url=f"{ISSUER}/certs",
    userinfo_url=f"{ISSUER}/userinfo",
)
CREDENTIALS = ClientCredentials(identifier="client-1", secret=Secret("secret-1"))
SIGNER = key("RS256", "k1")
KEYS = KeySet((SIGNER.jwk,))
RETURNED = {"code": "c", "state": "state-1"}
GRANT = Grant(access_token=Secret("at-1"), fields={})


def provider(**changes: Any) -> OpenIDConnect:
    return OpenIDConnect(**{"credentials": CREDENTIALS, "issuer": ISSUER, "metadata": METADATA, **changes})


def begin(protocol: OpenIDConnect, metadata: ServerMetadata | None = None) -> tuple[dict[str, str], Any]:
    with pytest.raises(StopIteration) as stop:
        next(protocol.authorize(CALLBACK, inputs(metadata=metadata)))
    request = stop.value.value
    return dict(parse_qsl(urlsplit(request.url).query, strict_parsing=True)), request


def exchange(
    protocol: OpenIDConnect, metadata: ServerMetadata | None = None, reply: Mapping[str, object] | None = None
) -> tuple[HttpRequest, Grant]:
    callback = CallbackParameters(request_id="state-1", query=RETURNED)
    due = {"access_token": "at-1", "token_type": "Bearer", "id_token": "x", **(reply or {})}
    flow = protocol.exchange(pending(nonce="nonce-1"), callback, inputs(metadata=metadata))
    return talk(flow, json.dumps(due).encode())


def id_token(signer: Key = SIGNER, nonce: str | None = "nonce-1", **claims: object) -> Grant:
    """A grant with a token that has these claims; without a nonce if that is None."""
    usual = {"iss": ISSUER, "aud": "client-1", "sub": "7", "exp": NOW + 300, "iat": NOW, **claims}
    usual |= {} if nonce is None else {"nonce": nonce}
    text = token({"alg": signer.alg, "kid": signer.kid}, usual, signer, signer.alg)
    return replace(GRANT, id_token=Secret(text))


def claims(protocol: OpenIDConnect, grant: Grant, **given: Any) -> Mapping[str, object]:
    return protocol.claims(grant, pending(nonce="nonce-1"), inputs(**{"keys": KEYS, **given}))


def test_a_whole_login() -> None:
    """Each step from what the one before it has returned, and nothing else."""
    protocol: SignInProtocol = provider(metadata=None)
    discovery = protocol.discover()
    assert discovery is not None
    document = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/certs"}
    document |= {"authorization_endpoint": f"{ISSUER}/auth", "token_endpoint": f"{ISSUER}/token"}
    asked, metadata = talk(discovery, json.dumps(document).encode())
    assert asked.url == f"{ISSUER}/.well-known/openid-configuration"
    fetching = protocol.fetch_keys(metadata)
    assert fetching is not None
    asked, keys = talk(fetching, json.dumps({"keys": [SIGNER.jwk]}).encode())
    assert asked.url == f"{ISSUER}/certs"
    given = inputs(metadata=metadata, keys=keys)

    with pytest.raises(StopIteration) as stop:
        next(protocol.authorize(CALLBACK, given))
    request: AuthorizationRequest = stop.value.value
    sent = dict(parse_qsl(urlsplit(request.url).query))
    callback = protocol.parse_callback({"code": "c", "state": sent["state"]})
    assert callback.request_id == request.request_id
    kept = PendingRequest(request_id=request.request_id, callback_url=CALLBACK, memo=request.memo)

    signed = id_token(nonce=sent["nonce"], at_hash=at_hash("at-1", "RS256")).id_token
    assert signed is not None
    reply = {"access_token": "at-1", "token_type": "Bearer", "id_token": signed.reveal()}
    asked, grant = talk(protocol.exchange(kept, callback, given), json.dumps(reply).encode())
    form = dict(parse_qsl(asked.body.decode()))
    assert (asked.url, code_challenge(form["code_verifier"])) == (f"{ISSUER}/token", sent["code_challenge"])
    assert protocol.claims(grant, kept, given)["sub"] == "7"


def test_the_authorization_request_has_a_nonce() -> None:
    """Fresh, of 128 bits, and neither the state nor the verifier."""
    seen = set()
    for _ in range(10):
        parameters, request = begin(provider())
        secrets = {name: value.reveal() for name, value in request.memo.items()}
        assert set(secrets) == {"verifier", "nonce"}
        assert parameters["nonce"] == secrets["nonce"]
        drawn = (parameters["nonce"], parameters["state"], secrets["verifier"])
        nonce, state, verifier = (urlsafe_b64decode(one + "==") for one in drawn)
        assert len(nonce) == 16 and nonce not in (state, verifier[:16], verifier[16:])
        assert (parameters["scope"], parameters["response_type"]) == ("openid profile email", "code")
        seen.add(parameters["nonce"])
    assert len(seen) == 10


def test_a_record_with_its_addresses_discovers_nothing() -> None:
    protocol = provider()
    assert protocol.discover() is None
    assert protocol.authorize_url == f"{ISSUER}/auth"
    assert protocol.requested == (f"{ISSUER}/token", f"{ISSUER}/certs")
    fetching = protocol.fetch_keys(None)
    assert fetching is not None and next(fetching).url == f"{ISSUER}/certs"


def test_a_records_headers_are_on_every_request() -> None:
    protocol = provider(metadata=None, headers={"User-Agent": "valetkey-test"})
    discovery, fetching = protocol.discover(), protocol.fetch_keys(METADATA)
    assert discovery is not None and fetching is not None
    exchanging = protocol.exchange(pending(nonce="n"), protocol.parse_callback(RETURNED), inputs(metadata=METADATA))
    reading = protocol.read(f"{ISSUER}/me", GRANT, inputs(metadata=METADATA))
    for flow in (discovery, fetching, exchanging, reading):
        request: HttpRequest = next(flow)
        assert request.headers["User-Agent"] == "valetkey-test", request.url


def test_a_record_without_its_addresses() -> None:
    protocol = provider(metadata=None)
    assert protocol.authorize_url == ISSUER
    assert protocol.requested == (f"{ISSUER}/.well-known/openid-configuration",)
    assert protocol.fetch_keys(None) is None
    with pytest.raises(errors.ProviderUnavailable):
        next(protocol.authorize(CALLBACK, inputs()))
    assert begin(protocol, METADATA)[1].url.startswith(f"{ISSUER}/auth?")


# How the client authenticates. Discovery §3, token_endpoint_auth_methods_supported

METHODS = [
    ((), "basic"),
    (("client_secret_basic",), "basic"),
    (("client_secret_post",), "post"),
    (("client_secret_post", "client_secret_basic"), "basic"),
    (("private_key_jwt", "client_secret_post"), "post"),
    (("private_key_jwt",), "basic"),
]


@pytest.mark.parametrize(("offered", "used"), METHODS)
def test_client_authentication_by_metadata(offered: tuple[str, ...], used: str) -> None:
    request, _ = exchange(provider(metadata=None), replace(METADATA, client_authentication=offered))
    assert ("Authorization" in request.headers, b"client_secret" in request.body) == (used == "basic", used == "post")


@pytest.mark.parametrize("used", ["basic", "post"])
def test_client_authentication_by_record(used: str) -> None:
    both = replace(METADATA, client_authentication=("client_secret_basic", "client_secret_post"))
    request, _ = exchange(provider(client_authentication=used), both)
    assert ("Authorization" in request.headers, b"client_secret" in request.body) == (used == "basic", used == "post")


# How ID tokens are signed. RFC 8725 §3.1

LISTED = [
    ((), {"RS256"}),
    (("RS256",), {"RS256"}),
    (("ES256", "EdDSA"), {"ES256", "EdDSA"}),
    (("RS256", "HS256", "none", "ES256K", "RS1"), {"RS256"}),
    (("HS256", "none"), set()),
    (ALGORITHMS, set(ALGORITHMS)),
]


@pytest.mark.parametrize(("listed", "accepted"), LISTED)
def test_algorithms_by_metadata(listed: tuple[str, ...], accepted: set[str]) -> None:
    protocol = provider(metadata=None, algorithms=None)
    metadata = replace(METADATA, algorithms=listed)
    for alg in ALGORITHMS:
        signer = key(alg, "k2")
        keys = KeySet((signer.jwk,))
        if alg in accepted:
            assert claims(protocol, id_token(signer), keys=keys, metadata=metadata)["sub"] == "7"
        else:
            with pytest.raises(errors.ProviderReplyInvalid, match="alg"):
                claims(protocol, id_token(signer), keys=keys, metadata=metadata)


@pytest.mark.parametrize("alg", ["HS256", "HS512", "none"])
def test_an_algorithm_that_is_listed_and_not_safe(alg: str) -> None:
    """Signed with the client's secret, which the provider has too, or not at all."""
    metadata = replace(METADATA, algorithms=("RS256", alg))
    said = {"iss": ISSUER, "aud": "client-1", "sub": "7", "exp": NOW + 300, "iat": NOW, "nonce": "nonce-1"}
    forged = token({"alg": alg, "kid": "k1"}, said, SharedKey(b"secret-1"), alg if alg != "none" else "HS256")
    with pytest.raises(errors.ProviderReplyInvalid, match="alg"):
        claims(provider(metadata=None, algorithms=None), replace(GRANT, id_token=Secret(forged)), metadata=metadata)


def test_algorithms_by_record() -> None:
    """The metadata of a named provider change nothing."""
    signer = key("ES256", "k2")
    with pytest.raises(errors.ProviderReplyInvalid, match="alg"):
        claims(
            provider(metadata=replace(METADATA, algorithms=("ES256",))), id_token(signer), keys=KeySet((signer.jwk,))
        )
    assert claims(provider(algorithms=("ES256",)), id_token(signer), keys=KeySet((signer.jwk,)))


# iss in the callback. RFC 9207 §2.4


@pytest.mark.parametrize("sends_iss", [None, True, False])
@pytest.mark.parametrize("promised", [True, False])
def test_an_issuer_that_is_promised(sends_iss: bool | None, promised: bool) -> None:
    protocol = provider(metadata=None, sends_iss=sends_iss)
    callback = protocol.parse_callback(RETURNED)
    flow = protocol.exchange(pending(nonce="n"), callback, inputs(metadata=replace(METADATA, sends_iss=promised)))
    if sends_iss or (sends_iss is None and promised):
        with pytest.raises(errors.BadRequest, match="iss"):
            next(flow)
    else:
        assert next(flow).url == f"{ISSUER}/token"


def test_another_issuer() -> None:
    """Only the record's own, also where an ID token may spell it otherwise. With an issuer for each tenant, none."""
    protocol = provider(other_issuers=("idp.test",))
    assert protocol.parse_callback({**RETURNED, "iss": ISSUER})
    for iss in ("idp.test", f"{ISSUER}/", "https://evil.test", ""):
        with pytest.raises(errors.BadRequest, match="iss"):
            protocol.parse_callback({**RETURNED, "iss": iss})
        with pytest.raises(errors.BadRequest, match="iss"):
            protocol.parse_callback({"state": "s", "error": "access_denied", "iss": iss})
    tenants = provider(expected_issuer=lambda claims: f"{ISSUER}/{claims['tid']}")
    assert tenants.parse_callback({**RETURNED, "iss": f"{ISSUER}/7"})


# The token reply and the ID token. Core §3.1.3.3, §3.1.3.7


@pytest.mark.parametrize("sent", [None, ""])
def test_a_reply_without_an_id_token(sent: object) -> None:
    if sent is None:
        with pytest.raises(errors.ProviderReplyInvalid, match="id_token"):
            exchange(provider(), reply={"id_token": sent})
    else:
        grant = exchange(provider(), reply={"id_token": sent})[1]
        with pytest.raises(errors.ProviderReplyInvalid):
            claims(provider(), grant)


def test_a_grant_without_an_id_token() -> None:
    with pytest.raises(errors.ProviderReplyInvalid, match="id_token"):
        claims(provider(), GRANT)


def test_without_keys_nothing_is_believed() -> None:
    with pytest.raises(errors.ProviderUnavailable, match="keys"):
        claims(provider(), id_token(), keys=None)


def test_a_key_that_was_rotated() -> None:
    """The caller reads the keys again and asks once more."""
    newer = key("RS256", "k2", 1)
    grant = id_token(newer)
    with pytest.raises(UnknownKey):
        claims(provider(), grant)
    assert claims(provider(), grant, keys=KeySet((SIGNER.jwk, newer.jwk)))["sub"] == "7"


def test_a_clock_that_is_off() -> None:
    """The caller learns the provider's time and asks once more."""
    grant = id_token()
    with pytest.raises(errors.ClockOff):
        claims(provider(), grant, now=NOW - 3600)
    assert claims(provider(), grant, now=NOW)["sub"] == "7"


def test_issuers_of_a_token() -> None:
    """The record's, a second spelling, or the tenant's."""
    protocol = provider(other_issuers=("idp.test",))
    for iss in (ISSUER, "idp.test"):
        assert claims(protocol, id_token(iss=iss))
    tenants = provider(expected_issuer=lambda claims: f"{ISSUER}/{claims['tid']}")
    assert claims(tenants, id_token(iss=f"{ISSUER}/7", tid="7"))
    for iss, tid in ((ISSUER, "7"), (f"{ISSUER}/8", "7")):
        with pytest.raises(errors.ProviderReplyInvalid, match="iss"):
            claims(tenants, id_token(iss=iss, tid=tid))
    with pytest.raises(errors.ProviderReplyInvalid, match="iss"):
        claims(provider(), id_token(iss="idp.test"))


def test_what_a_record_says_about_its_tokens() -> None:
    with pytest.raises(errors.ProviderReplyInvalid, match="nonce"):
        claims(provider(), id_token(nonce=""))
    dropped = id_token(nonce=None)
    with pytest.raises(errors.ProviderReplyInvalid, match="nonce"):
        claims(provider(), dropped)
    assert claims(provider(returns_nonce=False), dropped)
    several = id_token(aud=["client-1", "p"], azp="client-1")
    with pytest.raises(errors.ProviderReplyInvalid, match="aud"):
        claims(provider(), several)
    assert claims(provider(other_audiences=("p",)), several)
    asked = provider(authorize_parameters={"max_age": "300", "acr_values": "a b"})
    assert claims(asked, id_token(auth_time=NOW - 300, acr="b"))
    for wrong in ({"auth_time": NOW - 361, "acr": "b"}, {"auth_time": NOW, "acr": "c"}, {"acr": "b"}, {}):
        with pytest.raises(errors.ProviderReplyInvalid):
            claims(asked, id_token(**wrong))


# UserInfo. Core §5.3

KNOWN = {"name": "Ada", "email": "ada@example.com", "email_verified": True}


@pytest.mark.parametrize(
    ("said", "reads"),
    [
        (KNOWN, False),
        ({"preferred_username": "ada", "email": "ada@example.com", "email_verified": False}, False),
        ({"name": "Ada", "email": "ada@example.com"}, True),
        ({"name": "Ada"}, True),
        ({"email": "ada@example.com"}, True),
        ({}, True),
        ({**KNOWN, "email": ""}, True),
        ({**KNOWN, "name": None}, True),
    ],
)
def test_userinfo_is_read_for_what_is_not_there(said: dict[str, object], reads: bool) -> None:
    assert provider(reads_userinfo=True).userinfo_url(said, inputs()) == (f"{ISSUER}/userinfo" if reads else None)
    assert provider().userinfo_url(said, inputs()) is None
    without = replace(METADATA, userinfo_url=None)
    assert provider(reads_userinfo=True, metadata=None).userinfo_url(said, inputs(metadata=without)) is None


def test_the_access_token_is_in_the_header_alone() -> None:
    protocol = provider(headers={"User-Agent": "valetkey-test"})
    request, _ = talk(protocol.read(f"{ISSUER}/userinfo", GRANT, inputs()), b"{}")
    assert (request.method, request.url) == ("GET", f"{ISSUER}/userinfo")
    assert request.headers == {
        "Accept": "application/json",
        "User-Agent": "valetkey-test",
        "Authorization": "Bearer at-1",
    }


# Records that cannot work

FAULTS: dict[str, dict[str, object]] = {
    "no openid": {"scopes": ("profile",)},
    "an issuer with a query": {"issuer": "https://idp.test?x=1"},
    "an issuer with a fragment": {"issuer": "https://idp.test#x"},
    "an issuer without a scheme": {"issuer": "idp.test"},
    "HMAC": {"algorithms": ("HS256",)},
    "none": {"algorithms": ("none", "RS256")},
    "no algorithm": {"algorithms": ()},
    "metadata without keys": {"metadata": replace(METADATA, keys_url=None)},
    "a maximum age that is no number": {"authorize_parameters": {"max_age": "soon"}},
    "its own nonce": {"authorize_parameters": {"nonce": "fixed"}},
    "its own state, where it is discovered": {"metadata": None, "authorize_parameters": {"state": "fixed"}},
    "two scopes in one": {"scopes": ("openid profile",)},
}


@pytest.mark.parametrize("changes", FAULTS.values(), ids=list(FAULTS))
def test_a_record_that_cannot_work_is_refused_when_it_is_made(changes: dict[str, object]) -> None:
    with pytest.raises(errors.SettingsError):
        provider(**changes)


def test_a_login_that_was_begun_over_another_protocol_is_refused() -> None:
    """An app's provider may change its protocol while logins are under way. Their memo lacks what this one needs, and
    the code is not sent."""
    callback = provider().parse_callback({"code": "c", "state": "state-1"})
    for kept in (pending(), replace(pending(nonce="n"), memo={"nonce": Secret("n")}), replace(pending(), memo={})):
        with pytest.raises(errors.ForeignToken):
            next(provider().exchange(kept, callback, inputs(keys=KEYS)))
    assert next(provider().exchange(pending(nonce="n"), callback, inputs(keys=KEYS))).url == f"{ISSUER}/token"


def test_nothing_prints_a_secret() -> None:
    assert "secret-1" not in repr(provider())
