"""An issuer's metadata: whose they are, and which of their addresses are used. OpenID Connect Discovery 1.0."""

from __future__ import annotations

import json
from typing import Any

import pytest

from protocol.flows import talk
from valetkey import errors
from valetkey.protocols.discovery import ServerMetadata, discovery_url_of, fetch_metadata, may_be_used, read_metadata
from valetkey.protocols.http import HttpResponse

ISSUER = "https://idp.test/realms/acme"
DOCUMENT: dict[str, object] = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/certs",
    "userinfo_endpoint": f"{ISSUER}/userinfo",
    "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_post"],
    "id_token_signing_alg_values_supported": ["PS256", "RS256", "HS256"],
    "authorization_response_iss_parameter_supported": True,
    "response_types_supported": ["code"],
}
ABSENT = object()


def read(accepted: str | None = None, status: int = 200, **changes: object) -> ServerMetadata:
    members = {name: value for name, value in {**DOCUMENT, **changes}.items() if value is not ABSENT}
    response = HttpResponse(status=status, headers={}, body=json.dumps(members).encode())
    return read_metadata(response, issuer=ISSUER, accepted=accepted)


def test_a_document() -> None:
    assert read() == ServerMetadata(
        issuer=ISSUER,
        authorize_url=f"{ISSUER}/auth",
        token_url=f"{ISSUER}/token",
        keys_url=f"{ISSUER}/certs",
        userinfo_url=f"{ISSUER}/userinfo",
        sends_iss=True,
        client_authentication=("private_key_jwt", "client_secret_post"),
        algorithms=("PS256", "RS256", "HS256"),
    )


@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        ("https://idp.test", "https://idp.test/.well-known/openid-configuration"),
        ("https://idp.test/", "https://idp.test/.well-known/openid-configuration"),
        (ISSUER, f"{ISSUER}/.well-known/openid-configuration"),
        (f"{ISSUER}/", f"{ISSUER}/.well-known/openid-configuration"),
    ],
)
def test_the_request(issuer: str, url: str) -> None:
    """Discovery §4.1: appended to the path, and not put in front of it."""
    assert discovery_url_of(issuer) == url
    flow = fetch_metadata(issuer, accepted=None, headers={"User-Agent": "valetkey-test"})
    request, metadata = talk(flow, json.dumps({**DOCUMENT, "issuer": issuer}).encode())
    assert (request.method, request.url, request.body) == ("GET", url, b"")
    assert request.headers == {"Accept": "application/json", "User-Agent": "valetkey-test"}
    assert metadata.issuer == issuer


NOT_THE_ISSUER = [f"{ISSUER}/", ISSUER.upper(), ISSUER.replace("https", "http"), "https://evil.test", "", None, 7]
NOT_THE_ISSUER += [
    ABSENT,
    [ISSUER],
    f"{ISSUER} ",
    ISSUER.replace(".test", ".test:443"),
    "https://idp.test/realms/%61cme",
]


@pytest.mark.parametrize("named", NOT_THE_ISSUER)
def test_another_issuers_document(named: object) -> None:
    """Discovery §4.3, to the letter."""
    with pytest.raises(errors.ProviderReplyInvalid, match="issuer"):
        read(issuer=named)


def test_a_template_that_the_record_accepts() -> None:
    template = "https://login.test/{tenantid}/v2.0"
    assert read(accepted=template, issuer=template).issuer == template
    assert read(accepted=template).issuer == ISSUER
    with pytest.raises(errors.ProviderReplyInvalid):
        read(accepted=template, issuer="https://login.test/7/v2.0")


NEEDED = ["authorization_endpoint", "token_endpoint", "jwks_uri"]
USABLE = [
    "https://other.test/x",
    "https://other.test",
    "https://other.test:8443/x?a=1",
    "https://1password.test/",
    ISSUER,
]
UNUSABLE: list[Any] = [
    ABSENT, None, "", 7, [f"{ISSUER}/token"], "/token", "//idp.test/token", "token", "ftp://idp.test/x",
    "http://idp.test/token", "HTTPS://idp.test/token", "https:///token", "https://", "https:idp.test/token",
    "https://idp.test/token#a", "https://idp.test/to ken", "https://idp.test/\n", "https://idp.test\\@evil.test/",
    "https://user@idp.test/", "https://user:pass@idp.test/", "https://idp.test:0/", "https://idp.test:65536/",
    "https://idp.test:port/", "https://idp.tést/", "https://１２７.0.0.1/", "https://idp.test/é",
    f"{ISSUER}/{'x' * 2000}",
    "https://127.0.0.1/token", "https://169.254.169.254/latest", "https://10.0.0.1:8443/", "https://[::1]/token",
    "https://[fd00::1]/token", "https://[::ffff:127.0.0.1]/", "https://2130706433/", "https://0x7f000001/",
    "https://0x7f.1/", "https://127.1/", "https://0177.0.0.1/", "https://127.0.0.1./", "https://localhost/token",
    "https://LOCALHOST/", "https://localhost./", "https://a.localhost/", "https://localhost.localdomain/",
    "https://ip6-localhost/", "https://ip6-loopback/", "javascript:alert(1)", "file:///etc/passwd",
]  # fmt: skip


@pytest.mark.parametrize("url", UNUSABLE)
def test_an_address_that_may_not_be_used(url: object) -> None:
    """Each endpoint that a login needs; without UserInfo, a login goes on."""
    for name in NEEDED:
        with pytest.raises(errors.ProviderReplyInvalid, match=name) as refused:
            read(**{name: url})
        assert not isinstance(url, str) or len(url) < 8 or url not in refused.value.hint
    assert read(userinfo_endpoint=url).userinfo_url is None


@pytest.mark.parametrize("url", USABLE)
def test_an_address_on_another_host(url: str) -> None:
    """Real issuers have them: Google's token endpoint is not on the issuer's host."""
    assert read(**dict.fromkeys(NEEDED, url)).token_url == url


LOOPBACK = ["http://127.0.0.1:4000/acme", "http://localhost:4000", "http://[::1]:4000", "http://acme.localhost:4000"]


@pytest.mark.parametrize("issuer", LOOPBACK)
def test_an_issuer_on_this_machine(issuer: str) -> None:
    """Its addresses may be http on this machine, at any port, and nowhere else."""
    host = issuer.removeprefix("http://").split("/")[0].removesuffix(":4000")
    for url in (f"http://{host}:4000/token", f"http://{host}:4001/token", f"https://{host}/token"):
        assert may_be_used(url, issuer), url
    for other in ("127.0.0.1", "localhost", "[::1]", "b.localhost"):
        assert may_be_used(f"http://{other}:4000/token", issuer), other
    assert may_be_used("https://other.test/token", issuer)
    for other in ("other.test", "10.0.0.1", "[::2]", "2130706433", "127.1", "localhost.test", "127.0.0.1.test"):
        assert not may_be_used(f"http://{other}:4000/token", issuer), other
    for other in ("10.0.0.1", "[::2]", "2130706433", "169.254.169.254"):
        assert not may_be_used(f"https://{other}/token", issuer), other


def test_an_issuer_that_is_an_address() -> None:
    """https on a network address: its own host is as good as the settings say, and http is not."""
    assert may_be_used("https://10.0.0.1:8443/token", "https://10.0.0.1")
    assert not may_be_used("https://10.0.0.2:8443/token", "https://10.0.0.1")
    assert not may_be_used("http://10.0.0.1/token", "https://10.0.0.1")
    assert not may_be_used("http://10.0.0.1/token", "http://10.0.0.1")
    assert not may_be_used("http://127.0.0.1/token", "https://127.0.0.1")


LIES: dict[str, dict[str, object]] = {
    "nothing but what is needed": dict.fromkeys(set(DOCUMENT) - {"issuer", *NEEDED}, ABSENT),
    "lists that are none": {
        "token_endpoint_auth_methods_supported": "client_secret_post",
        "id_token_signing_alg_values_supported": {"RS256": True},
    },
    "lists with other things": {
        "token_endpoint_auth_methods_supported": [None, 7],
        "id_token_signing_alg_values_supported": [["RS256"]],
    },
    "a flag that is text": {"authorization_response_iss_parameter_supported": "true"},
    "fields that nobody knows": {"x": {"y": [1.5]}},
}


@pytest.mark.parametrize("changes", LIES.values(), ids=list(LIES))
def test_what_is_left_out_or_wrong_says_nothing(changes: dict[str, object]) -> None:
    metadata = read(**changes)
    if "x" not in changes:
        assert "true" in changes.values() or (metadata.client_authentication, metadata.algorithms) == ((), ())
    assert metadata.sends_iss is ("authorization_response_iss_parameter_supported" not in changes)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"issuer":1,"issuer":2}', b'{"issuer":NaN}', b"issuer=x", b"<html>", b"null"]
)
def test_a_reply_that_is_no_document(body: bytes) -> None:
    with pytest.raises(errors.ProviderReplyInvalid):
        read_metadata(HttpResponse(status=200, headers={}, body=body), issuer=ISSUER)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, errors.ProviderUnavailable), (429, errors.ProviderBusy), (404, errors.ProviderReplyInvalid),
     (301, errors.ProviderReplyInvalid), (401, errors.ProviderRefused)],
)  # fmt: skip
def test_a_status_that_is_no_success(status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind) as failed:
        read(status=status)
    assert type(failed.value) is kind


@pytest.mark.parametrize(
    ("asked", "named", "sentence"),
    [
        (ISSUER, f"{ISSUER}/", "there it has a slash at its end."),
        (f"{ISSUER}/", ISSUER, "there it has no slash at its end."),
        (ISSUER, "https://canary.test", 'copy it from "issuer" there, if you trust that server.'),
    ],
)
def test_another_issuer_is_explained_without_its_text(asked: str, named: str, sentence: str) -> None:
    body = json.dumps({**DOCUMENT, "issuer": named}).encode()
    with pytest.raises(errors.ProviderReplyInvalid) as refused:
        read_metadata(HttpResponse(status=200, headers={}, body=body), issuer=asked)
    assert refused.value.hint.startswith(f"The metadata at {ISSUER}/.well-known/openid-configuration names another")
    assert refused.value.hint.endswith(sentence)
    assert "canary" not in refused.value.hint


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, b"Not Found"), (404, b'{"error": "no"}'), (200, b"<!doctype html><html>"), (302, b""), (403, b"{}")],
)
def test_an_address_without_metadata_is_named(status: int, body: bytes) -> None:
    with pytest.raises(errors.ProviderError) as refused:
        read_metadata(HttpResponse(status=status, headers={}, body=body), issuer=ISSUER)
    assert refused.value.hint.startswith(
        f"There is no metadata at {ISSUER}/.well-known/openid-configuration. Check the issuer in the app's settings. "
        f"metadata was answered with status {status}"
    )
    assert refused.value.hint.count("Check the issuer") == 1
