"""What each provider that the sandbox plays has of its own: its words, its ids, its flags, its headers."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest

from valetkey.testing.sandbox import PROVIDERS as PLAYED
from valetkey.testing.sandbox import SandboxSettings, environment, environment_of

from .by_hand import CALLBACK, PROVIDERS, Hand, hands, reason, unpacked


@pytest.fixture(scope="module")
def to() -> Iterator[Callable[[str], Hand]]:
    with hands() as made:
        yield made


@pytest.fixture
def github(to: Callable[[str], Hand]) -> Hand:
    return to("github")


@pytest.fixture
def apple(to: Callable[[str], Hand]) -> Hand:
    return to("apple")


@pytest.fixture
def microsoft(to: Callable[[str], Hand]) -> Hand:
    return to("microsoft")


@pytest.fixture
def x2(to: Callable[[str], Hand]) -> Hand:
    return to("x2")


@pytest.fixture
def discord(to: Callable[[str], Hand]) -> Hand:
    return to("discord")


@pytest.fixture
def facebook(to: Callable[[str], Hand]) -> Hand:
    return to("facebook")


# GitHub


def test_github_answers_in_its_own_words(github: Hand) -> None:
    """Errors with 200, and a form unless JSON is asked for."""
    code = github.code()
    wrong = github.exchange(code, code_verifier=None)
    assert (wrong.status_code, wrong.json()["error"]) == (200, "bad_verification_code")
    assert github.exchange(code, client_secret="x").json()["error"] == "incorrect_client_credentials"
    assert github.exchange(code, redirect_uri=f"{CALLBACK}/other").json()["error"] == "redirect_uri_mismatch"
    github.accept = "*/*"
    form = github.exchange(code)
    assert form.headers["content-type"].startswith("application/x-www-form-urlencoded")
    fields = dict(parse_qsl(form.text))
    assert (fields["token_type"], fields["scope"]) == ("bearer", "read:user,user:email")
    assert dict(parse_qsl(github.exchange(code).text))["error"] == "bad_verification_code"


def test_github_wants_a_user_agent_and_an_accept(github: Hand) -> None:
    token = github.granted()["access_token"]
    assert github.profile(token, **{"user-agent": ""}).status_code == 403
    assert github.profile(token, accept="text/html").status_code == 415
    assert github.profile(token, accept="application/vnd.github+json").status_code == 200


def test_github_takes_either_word_before_a_token(github: Hand) -> None:
    token = github.granted()["access_token"]
    assert github.profile(token, authorization=f"token {token}").status_code == 200
    assert github.profile(token, authorization=f"Basic {token}").status_code == 400


def test_github_emails(github: Hand) -> None:
    def emails(**user: Any) -> Any:
        return github.profile(github.granted(**user)["access_token"], "/user/emails").json()

    found = emails()
    assert [(one["email"], one["primary"], one["verified"]) for one in found] == [
        ("ada@old.example.com", False, True),
        ("ada@example.com", True, True),
    ]
    assert [one["verified"] for one in emails(persona="unverified") if one["primary"]] == [False]
    assert emails(persona="bare") == []
    assert emails(shares_email=False) == []
    narrow = github.exchange(github.approve(github.url(scope="read:user"))["code"]).json()["access_token"]
    assert github.profile(narrow, "/user/emails").status_code == 403
    user = github.profile(narrow).json()
    assert (user["id"], user["login"], user["email"]) == (9000000000000000001, "ada", None)
    assert github.profile(github.granted(persona="blank")["access_token"]).json()["name"] is None


def test_github_names_itself_only_when_asked_to(github: Hand) -> None:
    assert "iss" not in github.approve(github.url())
    github.switch(sends_iss=True)
    assert github.approve(github.url())["iss"] == f"{github.base}/login/oauth"


# Apple


def stated(hand: Hand, **user: Any) -> dict[str, Any]:
    return unpacked(hand.granted(**user)["id_token"])[1]


def test_apple_posts_what_was_asked_for(apple: Hand) -> None:
    wrong = apple.approve(apple.url(response_mode="query"))
    assert wrong["error"] == "invalid_request"
    assert "must be form_post" in apple.calls("authorize")[-1]["reason"]
    answer = apple.control("POST", "approve", {"url": apple.url(), "persona": "ada"})
    assert (answer["callback"], answer["form"]["state"]) == (CALLBACK, apple.state)
    assert "code" in apple.approve(apple.url(response_mode=None, scope="openid"))


def test_apples_user_comes_once(apple: Hand) -> None:
    first, second = apple.approve(apple.url()), apple.approve(apple.url())
    assert json.loads(first["user"]) == {
        "name": {"firstName": "Ada", "lastName": "Example"},
        "email": "ada@example.com",
    }
    assert "user" not in second
    assert "user" not in apple.approve(apple.url(), persona="blank")
    assert json.loads(apple.approve(apple.url(), persona="longname", shares_email=False)["user"]).keys() == {"name"}
    assert json.loads(apple.approve(apple.url(scope="email"), persona="rtl")["user"]) == {"email": "rtl@example.com"}


def test_apples_flags_are_texts(apple: Hand) -> None:
    ada = stated(apple)
    assert (ada["email_verified"], "is_private_email" in ada, "name" in ada) == ("true", False, False)
    assert stated(apple, persona="unverified")["email_verified"] == "false"
    relay = stated(apple, persona="relay")
    assert (relay["email"], relay["is_private_email"]) == ("relay7002@privaterelay.appleid.com", "true")
    assert "email" not in stated(apple, persona="blank")
    assert ada["sub"].startswith("000000.")
    assert stated(apple, user_id="001.abc.9")["sub"] == "001.abc.9"


def test_apple_cancels_in_its_own_word(apple: Hand) -> None:
    answer = apple.control("POST", "approve", {"url": apple.url(), "cancel": True})
    assert answer == {
        "callback": CALLBACK,
        "form": {"error": "user_cancelled_authorize", "state": apple.state},
    }


APPLES_SECRETS: dict[str, tuple[dict[str, Any], dict[str, str], str]] = {
    "another team": ({"iss": "OTHERTEAM0"}, {}, "iss is 'OTHERTEAM0', not 'SANDBOX001'"),
    "another client": ({"sub": "sandbox-other"}, {}, "sub is 'sandbox-other', not 'sandbox-apple'"),
    "another audience": ({"aud": "https://evil.example"}, {}, "aud is 'https://evil.example', not 'http://"),
    "no expiry": ({"exp": None}, {}, "iat and exp must be numbers"),
    "expired": ({"exp": -5}, {}, "it expired"),
    "from the future": ({"iat": 600}, {}, "in the future"),
    "seven months": ({"exp": 7 * 30 * 86_400}, {}, "and 15777000 are allowed"),
    "another key id": ({}, {"kid": "OTHER"}, "kid is 'OTHER', not 'SANDBOXKEY'"),
}


@pytest.mark.parametrize("name", APPLES_SECRETS)
def test_apples_client_secret(apple: Hand, name: str) -> None:
    wanted, header, why = APPLES_SECRETS[name]
    now = int(time.time())  # a time in the table is in seconds from now
    claims = {key: now + value if isinstance(value, int) else value for key, value in wanted.items()}
    code = apple.code()
    wrong = apple.exchange(code, client_secret=apple.apples(header, **claims))
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_client")
    assert why in reason(wrong)
    assert apple.exchange(code).status_code == 200


def test_apples_client_secret_is_signed(apple: Hand) -> None:
    code, right = apple.code(), apple.apples()
    head, body, signature = right.split(".")
    octets = base64.urlsafe_b64decode(signature + "==")
    flipped = base64.urlsafe_b64encode(octets[:-1] + bytes([octets[-1] ^ 1])).rstrip(b"=").decode()
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "SANDBOXKEY"}).encode()).rstrip(b"=").decode()
    der = base64.urlsafe_b64encode(b"\x30" * 70).rstrip(b"=").decode()
    for secret, why in (
        ("sandbox-apple-secret", "it has 1 parts"),
        (f"{head}.{body}.{flipped}", "is not of the registered key"),
        (f"{head}.{body}.", "the signature has 0 octets"),
        (f"{head}.{body}.{der}", "not DER"),
        (f"{none}.{body}.", "alg is 'none', not ES256"),
        (f"{head}.{body}=.{signature}", "not base64url"),
    ):
        answer = apple.exchange(code, client_secret=secret)
        assert (answer.status_code, why in reason(answer)) == (400, True), reason(answer)
    assert apple.exchange(code, client_secret=right).status_code == 200
    assert right in apple.control("GET", "secrets")["secrets"]


# Microsoft


ORGANISATION, OTHER = "7002c0de-0000-4000-8000-000000000001", "11111111-2222-4333-8444-555555555555"
CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"


def at(hand: Hand, tenant: str) -> Hand:
    hand.authorize_path = f"/{tenant}/oauth2/v2.0/authorize"
    hand.token_path = f"/{tenant}/oauth2/v2.0/token"
    return hand


@pytest.mark.parametrize(
    ("tenant", "issuer"),
    [
        ("common", "{tenantid}"), ("organizations", "{tenantid}"), ("consumers", CONSUMERS),
        (ORGANISATION, ORGANISATION), (OTHER, OTHER),
    ],
)  # fmt: skip
def test_microsofts_metadata(microsoft: Hand, tenant: str, issuer: str) -> None:
    found = microsoft.http.get(f"{microsoft.base}/{tenant}/v2.0/.well-known/openid-configuration").json()
    assert found["issuer"] == f"{microsoft.base}/{issuer}/v2.0"
    assert found["token_endpoint"] == f"{microsoft.base}/{tenant}/oauth2/v2.0/token"
    assert "code_challenge_methods_supported" not in found
    assert microsoft.http.get(found["jwks_uri"]).json()["keys"][0]["issuer"].endswith("/{tenantid}/v2.0")


@pytest.mark.parametrize(
    ("tenant", "user", "tid"),
    [
        ("common", {"persona": "ada"}, ORGANISATION),
        ("common", {"persona": "personal"}, CONSUMERS),
        ("organizations", {"persona": "ada"}, ORGANISATION),
        ("consumers", {"persona": "personal"}, CONSUMERS),
        (OTHER, {"persona": "ada"}, OTHER),
        ("common", {"user_id": "42", "tenant": OTHER}, OTHER),
    ],
)
def test_microsofts_tenants(microsoft: Hand, tenant: str, user: dict[str, Any], tid: str) -> None:
    claims = stated(at(microsoft, tenant), **user)
    assert (claims["tid"], claims["iss"]) == (tid, f"{microsoft.base}/{tid}/v2.0")
    assert "email_verified" not in claims


@pytest.mark.parametrize(
    ("tenant", "user"),
    [
        ("organizations", {"persona": "personal"}),
        ("consumers", {"persona": "ada"}),
        (OTHER, {"persona": "personal"}),
        (ORGANISATION, {"user_id": "42", "tenant": OTHER}),
    ],
)
def test_microsofts_other_tenants(microsoft: Hand, tenant: str, user: dict[str, Any]) -> None:
    url = at(microsoft, tenant).url()
    assert "cannot sign in here" in microsoft.control("POST", "approve", {"url": url, **user}, 400)["error"]


def test_two_tenants_may_have_one_id(microsoft: Hand) -> None:
    one, two = (stated(microsoft, user_id="42", tenant=tenant) for tenant in (ORGANISATION, OTHER))
    assert (one["oid"] == two["oid"], one["tid"] == two["tid"]) == (True, False)
    given = stated(microsoft, user_id="aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")
    assert given["oid"] == "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
    assert (
        "oid"
        not in unpacked(
            microsoft.exchange(microsoft.approve(microsoft.url(scope="openid"))["code"]).json()["id_token"]
        )[1]
    )


def test_a_code_of_another_tenant(microsoft: Hand) -> None:
    code = microsoft.code()
    microsoft.token_path = f"/{OTHER}/oauth2/v2.0/token"
    assert "issued at the tenant common" in reason(microsoft.exchange(code))
    microsoft.token_path = "/common/oauth2/v2.0/token"
    assert microsoft.exchange(code).status_code == 200


def test_microsoft_in_its_own_words(microsoft: Hand) -> None:
    back = microsoft.approve(microsoft.url(), cancel=True)
    assert (back["error"], back["error_subcode"]) == ("access_denied", "cancel")
    assert "session_state" in microsoft.approve(microsoft.url())
    assert microsoft.approve(at(microsoft, "nonsense").url())["error"] == "invalid_request"
    page = microsoft.http.get(at(microsoft, "common").url())
    assert page.headers["cross-origin-opener-policy"] == "same-origin"


# X over OAuth 2.0


def test_x_requires_pkce_state_and_basic(x2: Hand) -> None:
    for changes in ({"code_challenge": None, "code_challenge_method": None}, {"state": None}, {"scope": None}):
        assert "error" in x2.approve(x2.url(**changes))
    code = x2.code()
    posted = x2.post(
        {
            "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": x2.verifier,
            "client_id": x2.client_id, "client_secret": x2.client_secret,
        }
    )  # fmt: skip
    assert (posted.status_code, reason(posted)) == (401, "X takes no client authentication by post, only by basic")
    assert x2.exchange(code).status_code == 200


def test_a_code_of_xs_lives_half_a_minute(x2: Hand) -> None:
    code = x2.code()
    x2.control("PATCH", "settings", {"clock_offset_seconds": 31})
    assert "it is 31 s old, of 30" in reason(x2.exchange(code))
    x2.control("PATCH", "settings", {"clock_offset_seconds": 29})
    assert x2.exchange(code).status_code == 200


def test_xs_profile_has_what_was_asked_for(x2: Hand) -> None:
    token = x2.granted()["access_token"]
    assert x2.profile(token).json() == {"data": {"id": "9000000000000000001", "name": "Ada Example", "username": "ada"}}
    asked = "/2/users/me?user.fields=profile_image_url,confirmed_email"
    assert x2.profile(token, asked).json()["data"]["confirmed_email"] == "ada@example.com"
    hidden = x2.granted(persona="unverified")["access_token"]
    assert "confirmed_email" not in x2.profile(hidden, asked).json()["data"]
    narrow = x2.exchange(x2.approve(x2.url(scope="users.read"))["code"]).json()["access_token"]
    assert x2.profile(narrow).status_code == 403


# Discord, Facebook, GitLab


def test_discord(discord: Hand) -> None:
    user = discord.profile(discord.granted()["access_token"]).json()
    assert (user["id"], user["username"], user["global_name"]) == ("9000000000000000001", "ada", "Ada Example")
    assert (user["email"], user["verified"], user["avatar"]) == ("ada@example.com", True, None)
    bare = discord.profile(discord.granted(persona="bare")["access_token"]).json()
    assert (bare["email"], bare["verified"]) == (None, False)
    assert discord.profile(discord.granted(persona="unverified")["access_token"]).json()["verified"] is False
    assert discord.approve(discord.url(scope="identify evil"))["error"] == "invalid_scope"
    assert discord.approve(discord.url(scope=None))["error"] == "invalid_scope"
    assert discord.profile("nonsense").json() == {"message": "401: Unauthorized", "code": 0}


def test_facebook_in_its_own_words(facebook: Hand) -> None:
    back = facebook.approve(facebook.url(), cancel=True)
    assert (back["error"], back["error_reason"], back["error_code"]) == ("access_denied", "user_denied", "200")
    answer = facebook.control("POST", "approve", {"url": facebook.url(), "persona": "ada"})
    assert answer["callback"].endswith("#_=_")
    code = facebook.code()
    wrong = facebook.exchange(code, redirect_uri=f"{CALLBACK}/other")
    assert wrong.status_code == 400
    assert (wrong.json()["error"]["type"], wrong.json()["error"]["error_subcode"]) == ("OAuthException", 36_008)
    assert facebook.exchange(code, client_secret="x").json()["error"]["code"] == 1
    assert facebook.exchange(code).status_code == 200
    assert facebook.exchange(code).json()["error"]["error_subcode"] == 36_009
    assert facebook.profile("nonsense").json()["error"]["code"] == 190


def test_facebook_takes_get(facebook: Hand) -> None:
    query = {
        "code": facebook.code(), "redirect_uri": CALLBACK, "code_verifier": facebook.verifier,
        "client_id": facebook.client_id, "client_secret": facebook.client_secret,
    }  # fmt: skip
    answer = facebook.http.get(facebook.base + facebook.token_path, params=query)
    assert answer.status_code == 200
    assert facebook.calls("token")[-1]["code"] == query["code"]


def test_facebooks_profile(facebook: Hand) -> None:
    token = facebook.granted()["access_token"]
    proof = hmac.digest(facebook.client_secret.encode(), token.encode(), "sha256").hex()
    fields = "/v24.0/me?fields=id,name,email,picture"
    assert facebook.profile(token, "/v24.0/me").json() == {"id": "9000000000000000001", "name": "Ada Example"}
    wrong = facebook.profile(token, f"{fields}&appsecret_proof={proof[:-1]}x")
    assert (wrong.status_code, "appsecret_proof" in reason(wrong)) == (400, True)
    user = facebook.profile(token, f"{fields}&appsecret_proof={proof}").json()
    assert (user["email"], user["picture"]["data"]["url"].endswith("/ada.svg")) == ("ada@example.com", True)
    unticked = facebook.profile(facebook.granted(shares_email=False)["access_token"]).json()
    assert unticked.keys() == {"id", "name", "picture"}
    assert facebook.profile(facebook.granted(persona="blank")["access_token"]).json() == {"id": "9000000000000000006"}


def test_gitlab(to: Callable[[str], Hand]) -> None:
    gitlab = to("gitlab")
    granted = gitlab.granted()
    claims = unpacked(granted["id_token"])[1]
    assert (claims["nickname"], claims["email_verified"], "at_hash" in claims) == ("ada", True, False)
    assert granted["created_at"] == pytest.approx(time.time(), abs=5)
    assert gitlab.profile(granted["access_token"]).json()["sub"] == claims["sub"]


# All of them


def test_the_table_of_this_file_is_whole() -> None:
    assert set(PLAYED) == {*PROVIDERS, "twitter"}


@pytest.mark.parametrize("provider", PLAYED)
def test_the_variables_point_at_the_sandbox(to: Callable[[str], Hand], provider: str) -> None:
    settings = SandboxSettings(origin="http://localhost:8001")
    found = environment_of(settings, provider)
    prefix = {"x2": "TWITTER"}.get(provider, provider.upper())
    assert [name for name in found if not name.startswith((f"{prefix}_", f"VALETKEY_{prefix}_"))] == []
    assert any(value.startswith(settings.origin) for value in found.values())
    if provider != "twitter":
        assert found[f"{prefix}_CLIENT_ID"] == f"sandbox-{provider}"
        base = found.get(f"VALETKEY_{prefix}_BASE") or found["ACME_ISSUER"]
        assert base == settings.origin + PROVIDERS[provider][0]
        assert to(provider).control("GET", "providers")["providers"][provider]["base"].endswith(PROVIDERS[provider][0])
    assert environment(settings, CALLBACK)["TWITTER_CALLBACK_URL"] == CALLBACK
    with pytest.raises(ValueError, match="plays no 'nobody'; there are twitter, google, github"):
        environment_of(settings, "nobody")


def test_each_has_a_key_of_its_own_for_apple() -> None:
    one, two = SandboxSettings(), SandboxSettings()
    assert one.apple_private_key != two.apple_private_key
    assert SandboxSettings(apple_private_key=one.apple_private_key).apple_private_key == one.apple_private_key
