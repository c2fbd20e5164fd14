"""A profile in XML or as a token says who it is; and a token is the answer to the very request that was sent."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from support.jose import b64

from valetkey.crypto import Secret
from valetkey.errors import ProviderError, ProviderReplyInvalid, SettingsError
from valetkey.http_client.runner import LoopRunner
from valetkey.login.identification import identified
from valetkey.login.profile_requests import ProfileRequests
from valetkey.login.server_clock import ServerClock
from valetkey.models import Profile
from valetkey.protocols.base import Grant, Inputs
from valetkey.protocols.http import HttpRequest, HttpResponse
from valetkey.protocols.oauth1 import ClientCredentials, OAuth1
from valetkey.protocols.oauth2 import ClientCredentials as Client2
from valetkey.protocols.oauth2 import OAuth2
from valetkey.providers.record.claims import number_of, object_of, subject_of
from valetkey.providers.record.provider import Provider

WIKI = "https://wiki.test"
SECRET = "consumer-secret"
PROTOCOL = OAuth1(
    credentials=ClientCredentials(identifier="key", secret=Secret(SECRET)),
    request_token_url=f"{WIKI}/initiate",
    authorize_url=f"{WIKI}/authorize",
    access_token_url=f"{WIKI}/token",
)
GRANT = Grant(access_token=Secret("at"), token_secret=Secret("as"), fields={})
Answers = Callable[[HttpRequest], HttpResponse]


def record(**changes: Any) -> Provider:
    facts: dict[str, Any] = {
        "name": "wiki",
        "title": "Wiki",
        "protocol": PROTOCOL,
        "identity_from": "profile",
        "profile_url": f"{WIKI}/w/index.php?title=Special:OAuth/identify",
        "profile_method": "POST",
        "profile_format": "jwt",
        "describe": lambda claims: Profile(subject=number_of(claims.get("sub"))),
    }
    return Provider(**{**facts, **changes})


class Wire:
    """A transport that answers as a test says, and keeps the requests."""

    def __init__(self, *answers: Answers) -> None:
        self.answers = list(answers)
        self.requests: list[HttpRequest] = []

    async def send(self, request: HttpRequest, deadline: float) -> HttpResponse:
        self.requests.append(request)
        return self.answers.pop(0)(request)

    async def close(self) -> None:
        pass


def nonce_of(request: HttpRequest) -> str:
    found = re.search('oauth_nonce="([^"]+)"', request.headers["Authorization"])
    assert found is not None
    return found[1]


def token(nonce: str, **claims: Any) -> bytes:
    now = int(time.time())
    stated = {"iss": WIKI, "aud": "key", "sub": 7, "iat": now, "exp": now + 100, "nonce": nonce, **claims}
    text = ".".join(b64(json.dumps(one).encode()) for one in ({"alg": "HS256"}, stated))
    return f"{text}.{b64(hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest())}".encode()


def answer(body: bytes, status: int = 200) -> HttpResponse:
    return HttpResponse(status=status, headers={}, body=body)


def right(request: HttpRequest) -> HttpResponse:
    return answer(token(nonce_of(request)))


def outage(request: HttpRequest) -> HttpResponse:
    return answer(b"", 503)


def who(provider: Provider, wire: Wire, claims: dict[str, object] | None = None) -> Profile:
    async def read() -> Profile:
        requests = ProfileRequests(
            provider=provider,
            grant=GRANT,
            inputs=Inputs(nonces=ServerClock("wiki", time.time)),
            transport=wire,
            runner=LoopRunner(),
            deadline=time.monotonic() + 9,
        )
        return await identified(provider, claims or {}, None, requests)

    return asyncio.run(read())


def test_a_token_answers_its_request() -> None:
    wire = Wire(right)
    assert who(record(), wire).subject == "7"
    assert [one.method for one in wire.requests] == ["POST"]


def test_the_repeat_has_a_nonce_of_its_own_and_an_answer_of_its_own() -> None:
    wire = Wire(outage, right)
    assert who(record(), wire).subject == "7"
    first, second = map(nonce_of, wire.requests)
    assert first != second


def test_the_answer_to_the_first_request_does_not_answer_the_repeat() -> None:
    first: list[str] = []

    def lost(request: HttpRequest) -> HttpResponse:
        first.append(nonce_of(request))
        return answer(b"", 502)

    with pytest.raises(ProviderReplyInvalid) as refused:
        who(record(), Wire(lost, lambda request: answer(token(first[0]))))
    assert "nonce" in refused.value.hint


def test_a_token_that_was_recorded_signs_nobody_in() -> None:
    wire = Wire(right)
    who(record(), wire)
    recorded = token(nonce_of(wire.requests[0]))
    with pytest.raises(ProviderReplyInvalid):
        who(record(), Wire(lambda request: answer(recorded)))


USER = b'<rsp stat="ok"><user id="7"><name>Ada</name></user></rsp>'


def describe(reply: Any) -> Profile:
    user = object_of(object_of(reply.get("rsp")).get("user"))
    return Profile(subject=subject_of(user.get("@id")), name=str(user.get("name")))


def test_a_profile_in_xml_says_who_it_is() -> None:
    provider = record(profile_format="xml", profile_method="GET", describe=describe)
    found = who(provider, Wire(lambda request: answer(USER)))
    assert (found.subject, found.name) == ("7", "Ada")
    entity = b'<!DOCTYPE rsp [<!ENTITY id "7">]>' + USER.replace(b'id="7"', b'id="&id;"')
    for hostile in (entity, USER.replace(b"<name>Ada</name>", b"</user><user id='8'>"), b"{}", b""):
        with pytest.raises(ProviderError):
            who(provider, Wire(lambda request, body=hostile: answer(body)))


def test_a_profile_in_xml_adds_to_the_exchange() -> None:
    """And the login succeeds without it."""
    provider = record(
        profile_format="xml",
        identity_from="exchange",
        identify=lambda fields: Profile(subject=subject_of(fields.get("id"))),
        describe=describe,
    )
    assert who(provider, Wire(lambda request: answer(USER)), {"id": "7"}).name == "Ada"
    assert who(provider, Wire(lambda request: answer(b"<rsp>")), {"id": "7"}).name is None


OVER_OAUTH2 = OAuth2(
    credentials=Client2(identifier="k", secret=Secret("s")), authorize_url=f"{WIKI}/a", token_url=f"{WIKI}/t"
)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"profile_format": "yaml"}, "'json', 'xml' or 'jwt'"),
        ({"protocol": OVER_OAUTH2}, "needs OAuth 1.0a"),
        (
            {
                "profile_format": "xml",
                "identity_from": "exchange",
                "identify": lambda fields: Profile(subject="7"),
                "describe": None,
                "profile_url": None,
            },
            "never used",
        ),
    ],
)
def test_a_format_that_cannot_work_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        record(**changes)
    assert sentence in refused.value.hint


def test_a_token_needs_a_secret() -> None:
    from protocol.oauth1_records import pem, provider, rsa_key

    keys = ClientCredentials(identifier="key", private_key=pem(rsa_key()))
    with pytest.raises(SettingsError, match="consumer secret"):
        record(protocol=provider(signature_method="RSA-SHA1", credentials=keys))
