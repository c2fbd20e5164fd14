"""Replies of token endpoints as real servers shape them, success and failure, by provider.

The texts are our own, and the shapes are the servers': from their documentation, and from what their users report.
"""

from __future__ import annotations

from typing import Any

import pytest

from protocol.github import exchange, provider
from valetkey.errors import (
    CallbackNotApproved,
    ProviderBusy,
    ProviderError,
    ProviderRefused,
    ProviderRefusedKeys,
    ProviderReplyInvalid,
    ProviderUnavailable,
    ValetkeyError,
)

CODE, KEYS, CALLBACK, BUSY, AWAY = (
    ProviderRefused, ProviderRefusedKeys, CallbackNotApproved, ProviderBusy, ProviderUnavailable
)  # fmt: skip

TOKEN = {"access_token": "at-1", "token_type": "bearer"}
# What a success looks like, and the options that its record needs.
SUCCESSES: dict[str, tuple[dict[str, object], dict[str, Any]]] = {
    "amazon": ({**TOKEN, "expires_in": 3600, "refresh_token": "rt"}, {}),
    "atlassian": ({**TOKEN, "token_type": "Bearer", "scope": "read:me", "expires_in": 3600}, {}),
    "bitbucket": ({**TOKEN, "scopes": "account email", "state": "authorization_code", "expires_in": 7200}, {}),
    "digitalocean": ({**TOKEN, "scope": "read", "info": {"name": "Ada", "email": "ada@example.com", "uuid": "u"}}, {}),
    "dropbox": ({**TOKEN, "uid": "12345", "account_id": "dbid:AAH", "scope": "account_info.read"}, {}),
    "figma": ({**TOKEN, "user_id": 1815, "user_id_string": "1815", "expires_in": 7776000}, {}),
    "heroku": ({**TOKEN, "token_type": "Bearer", "user_id": "01234567-89ab-cdef-0123-456789abcdef"}, {}),
    "instagram": ({"access_token": "at-1", "user_id": 17841400000000001, "permissions": ["instagram_business_basic"]},
                  {"requires_token_type": False}),
    "kakao": ({**TOKEN, "expires_in": 21599, "refresh_token_expires_in": 5183999, "scope": "account_email"}, {}),
    "linear": ({**TOKEN, "token_type": "Bearer", "expires_in": 86399, "scope": "read"}, {}),
    "line": ({**TOKEN, "token_type": "Bearer", "id_token": "a.b.c", "scope": "profile openid"}, {}),
    "linkedin": ({"access_token": "at-1", "expires_in": 5183999, "scope": "openid", "token_type": "Bearer"}, {}),
    "naver": ({**TOKEN, "refresh_token": "rt", "expires_in": "3600"}, {}),
    "notion": ({**TOKEN, "bot_id": "b", "workspace_id": "w", "owner": {"type": "user", "user": {"id": "u"}}}, {}),
    "reddit": ({**TOKEN, "expires_in": 86400, "scope": "identity"}, {}),
    "salesforce": ({**TOKEN, "token_type": "Bearer", "id": "https://login.test/id/0/1", "issued_at": "1790000000000",
                    "instance_url": "https://org.test", "signature": "s"}, {}),
    "slack": ({**TOKEN, "ok": True, "token_type": "Bearer", "id_token": "a.b.c", "state": ""}, {}),
    "strava": ({**TOKEN, "token_type": "Bearer", "expires_at": 1790000000, "athlete": {"id": 1815}}, {}),
    "tiktok": ({**TOKEN, "token_type": "Bearer", "open_id": "o", "scope": "user.info.basic", "expires_in": 86400}, {}),
    "twitch": ({**TOKEN, "scope": ["openid", "user:read:email"], "expires_in": 14124}, {}),
    "vk": ({**TOKEN, "token_type": "Bearer", "user_id": 1815, "state": "state-1", "scope": "email phone"}, {}),
    "yahoo": ({**TOKEN, "xoauth_yahoo_guid": "G", "expires_in": 3600}, {}),
    "yandex": ({**TOKEN, "expires_in": 31536000, "scope": "login:info"}, {}),
    "zoom": ({**TOKEN, "scope": "user:read:user", "api_url": "https://api.zoom.us"}, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", SUCCESSES)
def test_a_success(name: str) -> None:
    reply, options = SUCCESSES[name]
    _, grant = exchange(provider(**options), reply)
    assert grant.access_token.reveal() == "at-1"
    left_out = {"access_token", "refresh_token", "id_token"}
    assert grant.fields == {field: value for field, value in reply.items() if field not in left_out}


def test_a_success_in_a_list() -> None:
    """Instagram's, as it is documented. A list of two says nothing, and neither does one beside other members."""
    inner = {"access_token": "at-1", "user_id": "17841400000000001"}
    lenient = provider(requires_token_type=False)
    assert exchange(lenient, {"data": [inner]})[1].fields == {"user_id": "17841400000000001"}
    for reply in (
        {"data": [inner, inner]},
        {"data": []},
        {"data": inner},
        {"data": [[inner]]},
        {"data": [inner], "x": 1},
    ):
        with pytest.raises(ProviderReplyInvalid):
            exchange(lenient, reply)


def fault(**members: object) -> dict[str, object]:
    return {"error_description": "canary", **members}


def strava(resource: str, field: str) -> dict[str, object]:
    return {"message": "canary", "errors": [{"resource": resource, "field": field, "code": "invalid"}]}


def yahoo(code: str) -> dict[str, object]:
    return {"error": {"errorId": code, "localizedMessage": "canary", "message": "canary"}}


FAILURES: list[tuple[str, int, object, type[ProviderError]]] = [
    ("amazon", 400, fault(error="invalid_grant", request_id="r"), CODE),
    ("amazon", 401, fault(error="invalid_client", request_id="r"), KEYS),
    ("atlassian", 403, fault(error="invalid_grant"), CODE),
    ("atlassian", 401, fault(error="access_denied"), KEYS),
    ("auth0", 403, fault(error="invalid_grant"), CODE),
    ("bitbucket", 400, fault(error="unauthorized_client"), KEYS),
    ("cognito", 400, {"error": "invalid_grant"}, CODE),
    ("discord", 400, fault(error="invalid_grant"), CODE),
    ("discord", 429, {"message": "canary", "retry_after": 0.5, "global": False}, BUSY),
    ("dropbox", 400, {"error": "invalid_client: canary"}, KEYS),
    ("dropbox", 400, fault(error="invalid_grant"), CODE),
    ("facebook", 400, {"error": {"message": "canary", "type": "OAuthException", "code": 100}}, CODE),
    ("facebook", 400, {"error": {"message": "canary", "type": "OAuthException", "code": 191}}, CALLBACK),
    ("figma", 400, {"error": True, "status": 400, "message": "canary"}, CODE),
    ("figma", 403, {"error": True, "status": 403, "message": "canary"}, KEYS),
    ("github", 200, fault(error="bad_verification_code", error_uri="https://canary.test"), CODE),
    ("github", 200, fault(error="incorrect_client_credentials"), KEYS),
    ("heroku", 401, {"id": "unauthorized", "message": "canary"}, KEYS),
    ("heroku", 400, {"id": "bad_request", "message": "canary"}, CODE),
    ("heroku", 429, {"id": "rate_limit", "message": "canary"}, BUSY),
    ("instagram", 400, {"error_type": "OAuthException", "code": 400, "error_message": "canary"}, CODE),
    ("kakao", 400, fault(error="invalid_grant", error_code="KOE320"), CODE),
    ("kakao", 400, fault(error="invalid_grant", error_code="KOE303"), CALLBACK),
    ("kakao", 401, fault(error="invalid_client", error_code="KOE010"), KEYS),
    ("kakao", 400, fault(error="invalid_client", error_code="KOE101"), KEYS),
    ("kakao", 400, fault(error="invalid_request", error_code="KOE003"), AWAY),
    ("kakao", 400, fault(error="invalid_grant", error_code="KOE999"), CODE),
    ("keycloak", 400, fault(error="invalid_grant"), CODE),
    ("linear", 400, fault(error="invalid_grant"), CODE),
    ("linear", 400, fault(error="invalid_client"), KEYS),
    ("line", 400, fault(error="invalid_grant"), CODE),
    ("linkedin", 400, fault(error="invalid_request"), CODE),
    ("linkedin", 400, fault(error="invalid_redirect_uri"), CALLBACK),
    ("linkedin", 401, fault(error="invalid_client"), KEYS),
    ("linkedin", 401, {"serviceErrorCode": 65600, "message": "canary", "status": 401}, KEYS),
    ("linkedin", 429, {"serviceErrorCode": 101, "message": "canary", "status": 429}, BUSY),
    ("mastodon", 400, fault(error="invalid_grant"), CODE),
    ("naver", 200, fault(error="invalid_request"), CODE),
    ("naver", 200, fault(error="invalid_client"), KEYS),
    ("notion", 400, {"object": "error", "status": 400, "code": "validation_error", "message": "canary"}, CODE),
    ("notion", 401, {"error": "invalid_client", "request_id": "r"}, KEYS),
    ("paypal", 400, fault(error="invalid_grant"), CODE),
    ("paypal", 401, {"name": "AUTHENTICATION_FAILURE", "message": "canary", "debug_id": "d"}, KEYS),
    ("reddit", 200, {"error": "invalid_grant"}, CODE),
    ("reddit", 401, {"message": "canary", "error": 401}, KEYS),
    ("reddit", 429, {"message": "canary", "error": 429}, BUSY),
    ("salesforce", 400, fault(error="invalid_grant"), CODE),
    ("salesforce", 400, fault(error="invalid_client_id"), KEYS),
    ("salesforce", 400, fault(error="redirect_uri_mismatch"), CALLBACK),
    ("slack", 200, {"ok": False, "error": "invalid_code"}, CODE),
    ("slack", 200, {"ok": False, "error": "bad_redirect_uri"}, CALLBACK),
    ("slack", 200, {"ok": False, "error": "bad_client_secret"}, KEYS),
    ("slack", 429, {"ok": False, "error": "ratelimited"}, BUSY),
    ("slack", 200, {"ok": False, "error": "internal_error"}, AWAY),
    ("spotify", 400, fault(error="invalid_grant"), CODE),
    ("spotify", 400, fault(error="invalid_client"), KEYS),
    ("strava", 400, strava("AuthorizationCode", "code"), CODE),
    ("strava", 400, strava("RequestToken", "code"), CODE),
    ("strava", 400, strava("Application", "client_id"), KEYS),
    ("strava", 401, strava("Application", ""), KEYS),
    ("strava", 400, strava("Application", "redirect_uri"), CALLBACK),
    ("strava", 429, {"message": "canary", "errors": []}, BUSY),
    ("tiktok", 400, fault(error="invalid_grant", log_id="l"), CODE),
    ("tiktok", 200, fault(error="invalid_request", log_id="l"), CODE),
    ("tiktok", 401, fault(error="invalid_client", log_id="l"), KEYS),
    ("tiktok", 200, fault(error="rate_limit_exceeded", log_id="l"), BUSY),
    ("tiktok", 200, fault(error="server_error", log_id="l"), AWAY),
    ("twitch", 400, {"status": 400, "message": "canary"}, CODE),
    ("twitch", 403, {"status": 403, "message": "canary"}, KEYS),
    ("vk", 400, fault(error="invalid_grant"), CODE),
    ("vk", 200, fault(error="invalid_client"), KEYS),
    ("vk", 400, fault(error="slow_down"), BUSY),
    ("yahoo", 400, fault(error="INVALID_GRANT"), CODE),
    ("yahoo", 400, fault(error="INVALID_REDIRECT_URI"), CALLBACK),
    ("yahoo", 401, fault(error="INVALID_CALLBACK"), CALLBACK),
    ("yahoo", 400, fault(error="UNSUPPORTED_REDIRECT_URI"), CALLBACK),
    ("yahoo", 401, fault(error="INVALID_CLIENT_SECRET"), KEYS),
    ("yahoo", 400, fault(error="INVALID_CLIENT_SECRET"), KEYS),
    ("yahoo", 400, yahoo("INVALID_INPUT"), CODE),
    ("yahoo", 400, fault(error="INVALID_AUTHORIZATION_CODE"), CODE),
    ("yahoo", 400, fault(error="ERROR_HANDLING_REQUEST"), AWAY),
    ("yahoo", 400, yahoo("INVALID_CLIENT"), KEYS),
    ("yandex", 400, fault(error="bad_verification_code"), CODE),
    ("yandex", 400, fault(error="invalid_client"), KEYS),
    ("yandex", 400, fault(error="Basic auth required"), KEYS),
    ("yandex", 400, fault(error="Malformed Authorization header"), KEYS),
    ("kick", 400, {"error": "Invalid request"}, CODE),
    ("zoom", 400, {"reason": "canary", "error": "invalid_grant"}, CODE),
    ("zoom", 401, {"reason": "canary", "error": "invalid_client"}, KEYS),
    ("a list of errors", 400, {"data": [{"error": "invalid_client"}]}, KEYS),
    ("a list of two", 400, {"data": [{"error": "invalid_client"}, {}]}, CODE),
    # Nobody's, and none of them may look like a success.
    ("errors beside a token", 200, {**TOKEN, "errors": [{"message": "canary"}]}, CODE),
    ("a no beside a token", 200, {**TOKEN, "ok": False}, CODE),
    ("errors that are no list", 400, {"errors": {"field": "client_id"}}, CODE),
    ("errors that are no objects", 400, {"errors": ["client_id", None, 7, {"field": ["client_id"]}]}, CODE),
    ("a number that is Facebook's, elsewhere", 400, {"error": 1}, CODE),
    ("a true number", 400, {"error": {"code": True}}, CODE),
    ("a code that is a list", 400, {"error": {"code": ["invalid_client"]}}, CODE),
]  # fmt: skip


@pytest.mark.parametrize(("name", "status", "reply", "kind"), FAILURES, ids=[one[0] for one in FAILURES])
def test_a_failure(name: str, status: int, reply: object, kind: type[ProviderError]) -> None:
    """Named by its code, which is not its description, and at last by its status."""
    with pytest.raises(ValetkeyError) as failed:
        exchange(provider(), reply, status)
    assert type(failed.value) is kind
    assert "canary" not in failed.value.hint


def test_a_hint_has_the_code_in_lower_case() -> None:
    for reply, word in (
        ({"error": "INVALID_CLIENT"}, "invalid_client"),
        ({"error": "invalid_client: canary"}, "invalid_client"),
        ({"error": "invalid_grant", "error_code": "KOE303"}, "koe303"),
        (strava("Application", "redirect_uri"), "redirect_uri"),
    ):
        with pytest.raises(ValetkeyError) as failed:
            exchange(provider(), reply, 400)
        assert f"The error is {word}." in failed.value.hint
