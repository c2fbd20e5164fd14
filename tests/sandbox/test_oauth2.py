"""The OAuth 2.0 server of the sandbox: strict, and it says what is wrong. Each refusal stands beside a login that is
right, by a client written by hand. A wrong detail is the only difference between the two."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from .by_hand import CALLBACK, PROVIDERS, WITH_PROFILE, Hand, hands, reason, s256, unpacked

OTHER = "sandbox-other"


@pytest.fixture(scope="module")
def to() -> Iterator[Callable[[str], Hand]]:
    with hands() as made:
        yield made


@pytest.fixture(params=PROVIDERS)
def hand(to: Callable[[str], Hand], request: pytest.FixtureRequest) -> Hand:
    """Each provider in turn."""
    return to(request.param)


@pytest.fixture(params=WITH_PROFILE)
def reader(to: Callable[[str], Hand], request: pytest.FixtureRequest) -> Hand:
    """Each provider that has a profile to read."""
    return to(request.param)


@pytest.fixture
def google(to: Callable[[str], Hand]) -> Hand:
    return to("google")


def refused(answer: httpx.Response) -> bool:
    """GitHub's errors come with 200."""
    return "error" in answer.text and "access_token" not in answer.text


# The authorization request


def test_a_login(reader: Hand) -> None:
    granted = reader.granted()
    assert granted["token_type"] in ("bearer", "Bearer")
    profile = reader.profile(granted["access_token"])
    assert profile.status_code == 200, reason(profile)
    asked, token, read = reader.journal
    assert (asked["endpoint"], asked["state"], asked["accepted"]) == ("authorize", reader.state, True)
    assert (token["endpoint"], token["accepted"], token["reason"]) == ("token", True, None)
    assert (token["client_id"], token["code_verifier"]) == (reader.client_id, reader.verifier)
    assert token["authentication"] == reader.authentication
    assert (read["accepted"], read["access_token"]) == (True, granted["access_token"])
    assert {granted["access_token"], token["code"], reader.verifier} <= set(reader.control("GET", "secrets")["secrets"])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"client_id": "sandbox-nobody"}, "the client id 'sandbox-nobody' is not known; first differing byte 8"),
        ({"client_id": None}, "the client id '' is not known"),
        ({"redirect_uri": None}, "no redirect_uri"),
        ({"redirect_uri": CALLBACK + "/"}, f"first differing byte {len(CALLBACK) + 1}: expected 'other', got ''"),
        ({"redirect_uri": CALLBACK.upper()}, "is not registered"),
        ({"redirect_uri": CALLBACK + "?x=1"}, "is not registered"),
        ({"redirect_uri": "http://127.0.0.1:8000/auth/x/../example"}, "is not registered"),
        ({"redirect_uri": CALLBACK + "#"}, "without a fragment"),
        ({"redirect_uri": "/auth/example"}, "must be a whole URL"),
    ],
)
def test_a_dead_end(hand: Hand, changes: dict[str, str | None], why: str) -> None:
    """The user is sent nowhere, and least of all to the address that is wrong."""
    shown = hand.http.get(hand.url(**changes))
    assert (shown.status_code, shown.headers.get("location")) == (400, None)
    assert why in reason(shown)
    assert why in hand.control("POST", "approve", {"url": hand.url(**changes), "persona": "ada"}, 400)["error"]
    assert [one["accepted"] for one in hand.calls("authorize")] == [False, False]
    assert hand.http.get(hand.url()).status_code == 200


def test_a_redirect_uri_twice_is_a_dead_end(hand: Hand) -> None:
    shown = hand.http.get(hand.url(f"&redirect_uri={quote(CALLBACK)}"))
    assert (shown.status_code, reason(shown)) == (400, "the parameter redirect_uri was sent twice")


@pytest.mark.parametrize(
    ("changes", "raw", "error", "why"),
    [
        ({"response_type": "token"}, "", "unsupported_response_type", "must be code, not 'token'"),
        ({"response_type": "code token"}, "", "unsupported_response_type", "must be code"),
        ({"response_type": None}, "", "invalid_request", "must be code, not None"),
        ({}, "&state=again", "invalid_request", "the parameter state was sent twice"),
        ({}, "&scope=openid", "invalid_request", "the parameter scope was sent twice"),
        ({"code_challenge_method": "plain"}, "", "invalid_request", "plain; S256 is"),
        ({"code_challenge_method": None}, "", "invalid_request", "plain; S256 is"),
        ({"code_challenge": None}, "", "invalid_request", "code_challenge_method without code_challenge"),
        ({"code_challenge": "A" * 44}, "", "invalid_request", "must be 43 characters of base64url"),
        ({"code_challenge": "A" * 43 + "="}, "", "invalid_request", "must be 43 characters of base64url"),
        ({"code_challenge": "A" * 42 + "/"}, "", "invalid_request", "is base64, not base64url"),
        ({"code_challenge": "aB" * 32}, "", "invalid_request", "is hexadecimal digits"),
        ({"prompt": "none login"}, "", "invalid_request", "prompt none must stand alone"),
        ({"state": "x" * 501}, "", "invalid_request", "at most 500 characters"),
    ],
)
def test_a_mistake_that_is_sent_back(hand: Hand, changes: dict[str, Any], raw: str, error: str, why: str) -> None:
    back = hand.approve(hand.url(raw, **changes))
    assert (back["error"], "code" in back) == (error, False)
    assert why in hand.calls("authorize")[-1]["reason"]
    control = hand.approve(hand.url())
    assert ("error" in control, control["state"]) == (False, hand.state)


def test_pkce_may_be_required(hand: Hand) -> None:
    without: dict[str, Any] = {"code_challenge": None, "code_challenge_method": None}
    hand.switch(pkce="required")
    assert hand.approve(hand.url(**without))["error"] == "invalid_request"
    assert "code" in hand.approve(hand.url())


# The exchange


def wrong_digit(text: str) -> str:
    return text[:-1] + ("A" if text[-1] != "A" else "B")


WRONG: dict[str, tuple[Callable[[Hand], dict[str, Any]], str]] = {
    "no verifier": (lambda hand: {"code_verifier": None}, "no code_verifier, though"),
    "an empty verifier": (lambda hand: {"code_verifier": ""}, "no code_verifier, though"),
    "another verifier": (lambda hand: {"code_verifier": wrong_digit(hand.verifier)}, "S256 of the code_verifier is"),
    "a short verifier": (lambda hand: {"code_verifier": hand.verifier[:42]}, "it has 42"),
    "the challenge": (lambda hand: {"code_verifier": s256(hand.verifier)}, "are equal: the method is S256, not plain"),
    "no redirect_uri": (lambda hand: {"redirect_uri": None}, "no redirect_uri"),
    "another redirect_uri": (
        lambda hand: {"redirect_uri": f"{CALLBACK}/other"},
        f"first differing byte {len(CALLBACK)}: expected '', got '/other'",
    ),
    "a code of nobody's": (lambda hand: {"code": "nonsense"}, "the code was never issued"),
    "no code": (lambda hand: {"code": None}, "the code was never issued"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_exchange_that_is_wrong(hand: Hand, name: str) -> None:
    """The code is not spent by it: afterwards it is good for what is right."""
    changes, why = WRONG[name]
    code = hand.code()
    wrong = hand.exchange(code, **changes(hand))
    assert refused(wrong)
    assert why in reason(wrong)
    assert hand.calls("token")[-1]["accepted"] is False
    right = hand.exchange(code)
    assert not refused(right), reason(right)


@pytest.mark.parametrize("grant_type", [None, "password", "refresh_token"])
def test_the_grant_type(google: Hand, grant_type: str | None) -> None:
    code = google.code()
    wrong = google.exchange(code, grant_type=grant_type)
    assert wrong.status_code == 400
    assert wrong.json()["error"] == ("unsupported_grant_type" if grant_type else "invalid_request")
    assert google.exchange(code).status_code == 200


def test_a_verifier_without_a_challenge(hand: Hand) -> None:
    """The challenge may have been taken away on the way (RFC 9700 §2.1.1)."""
    if hand.control("GET", "providers")["providers"][hand.provider]["pkce"] == "required":
        hand.switch(pkce="checked")
    without: dict[str, Any] = {"code_challenge": None, "code_challenge_method": None}
    code = hand.approve(hand.url(**without))["code"]
    wrong = hand.exchange(code)
    assert refused(wrong)
    assert "had no code_challenge" in reason(wrong)
    assert not refused(hand.exchange(code, code_verifier=None))


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda verifier: verifier, "are equal: the method is S256, not plain"),
        (lambda verifier: s256(s256(verifier)), "is S256 of the S256"),
        (lambda verifier: s256(verifier + "="), "S256 of the code_verifier is"),
    ],
    ids=["plain", "twice", "padded"],
)
def test_the_usual_mistakes_of_a_challenge_are_named(google: Hand, made: Callable[[str], str], why: str) -> None:
    verifier = secrets.token_urlsafe(32)
    wrong = google.exchange(google.approve(google.url(code_challenge=made(verifier)))["code"], code_verifier=verifier)
    assert (wrong.status_code, why in reason(wrong)) == (400, True)
    right = google.exchange(google.approve(google.url(code_challenge=s256(verifier)))["code"], code_verifier=verifier)
    assert right.status_code == 200


def test_a_code_is_good_once_and_its_second_use_revokes_the_token(reader: Hand) -> None:
    code = reader.code()
    token = reader.exchange(code).json()["access_token"]
    assert reader.profile(token).status_code == 200
    again = reader.exchange(code)
    assert refused(again)
    assert "used before" in reason(again)
    assert reader.profile(token).status_code in (400, 401)
    assert "revoked" in reader.calls(reader.calls_of_profile())[-1]["reason"]


def test_a_second_use_that_is_wrong_revokes_nothing(reader: Hand) -> None:
    """Who has neither verifier nor secret must not be able to sign a user out."""
    code = reader.code()
    token = reader.exchange(code).json()["access_token"]
    assert refused(reader.exchange(code, code_verifier=wrong_digit(reader.verifier)))
    assert reader.profile(token).status_code == 200


def test_a_code_expires(hand: Hand) -> None:
    late = hand.code()
    hand.control("PATCH", "settings", {"clock_offset_seconds": 601})
    answer = hand.exchange(late)
    assert refused(answer)
    assert "expired" in reason(answer)
    hand.control("PATCH", "settings", {"clock_offset_seconds": 0})
    assert not refused(hand.exchange(late))
    hand.switch(code_seconds=0.05)
    soon = hand.code()
    time.sleep(0.1)
    assert refused(hand.exchange(soon))


def test_a_code_is_its_clients(google: Hand) -> None:
    code = google.code()
    wrong = google.exchange(code, client_id=OTHER, client_secret=f"{OTHER}-secret")
    assert wrong.json()["error"] == "invalid_grant"
    assert reason(wrong) == f"the code was issued to sandbox-google, not to {OTHER}"
    own = google.approve(google.url(client_id=OTHER))["code"]
    assert google.exchange(own, client_id=OTHER, client_secret=f"{OTHER}-secret").status_code == 200


def test_a_code_is_its_providers(to: Callable[[str], Hand]) -> None:
    google, acme = to("google"), to("acme")
    code = google.code()
    acme.verifier = google.verifier
    assert "never issued" in reason(acme.exchange(code))
    assert google.exchange(code).status_code == 200


def test_a_form_and_each_parameter_once(google: Hand) -> None:
    code = google.code()
    fields = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": google.verifier,
        "client_id": google.client_id, "client_secret": google.client_secret,
    }  # fmt: skip
    url = google.base + google.token_path
    assert "must be application/x-www-form-urlencoded" in reason(google.http.post(url, json=fields))
    assert google.http.post(url, params=fields).status_code == 400
    twice = google.http.post(url, data=fields | {"code": [code, code]})
    assert reason(twice) == "the parameter code was sent twice"
    assert google.http.get(url, params=fields).status_code == 405
    assert google.http.post(url, data=fields).status_code == 200


# Client authentication


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("sandbox-google-secret ", "a space or a line end"),
        ("sandbox-google-secret\n", "a space or a line end"),
        ("sandbox-google", "the client secret is the client id"),
        ("sandbox-google-secreT", "differs at byte 20 of 21"),
        (None, "did not authenticate"),
        ("", "did not authenticate"),
    ],
)
def test_a_wrong_secret(google: Hand, secret: str | None, why: str) -> None:
    code = google.code()
    wrong = google.exchange(code, client_secret=secret)
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert why in reason(wrong)
    assert "sandbox-google-secret" not in reason(wrong)
    assert google.exchange(code).status_code == 200


def test_a_client_authenticates_in_one_way(google: Hand) -> None:
    keys = (google.client_id, google.client_secret)
    code = google.code()
    both = google.exchange(code, auth=keys, client_secret=google.client_secret)
    assert (both.json()["error"], google.calls("token")[-1]["authentication"]) == ("invalid_request", "both")
    other = google.exchange(code, auth=keys, client_id=OTHER)
    assert "not the one of the Authorization header" in reason(other)
    mine = google.exchange(code, auth=keys, client_id=google.client_id)
    assert mine.status_code == 200
    assert google.exchange(google.code(), auth=keys).status_code == 200


def test_basic_is_form_encoded_first(to: Callable[[str], Hand]) -> None:
    """RFC 6749 §2.3.1. A client that forgets it is refused, and learns why."""
    acme = to("acme")
    secret = "sandbox-%41:+ü"
    acme.switch(client_secret=secret)
    try:
        code = acme.code()
        bare = base64.b64encode(f"{acme.client_id}:sandbox-%41:+".encode()).decode()
        acme.switch(client_secret="sandbox-%41:+")
        sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        fields = {**sent, "code_verifier": acme.verifier}
        wrong = acme.http.post(acme.base + acme.token_path, data=fields, headers={"authorization": f"Basic {bare}"})
        assert wrong.status_code == 401
        assert wrong.headers["www-authenticate"].startswith("Basic")
        assert "were not form-encoded" in reason(wrong)
        acme.switch(client_secret=secret)
        assert acme.post(fields, (acme.client_id, quote(secret, safe=""))).status_code == 200
        again = {**fields, "code": acme.code(), "client_id": acme.client_id, "client_secret": secret}
        assert acme.post({**again, "code_verifier": acme.verifier}).status_code == 200
    finally:
        acme.switch(client_secret="sandbox-acme-secret")


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer x"])
def test_a_header_that_is_not_basic(google: Hand, header: str) -> None:
    code = google.code()
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    wrong = google.http.post(google.base + "/token", data=fields, headers={"authorization": header})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")


# What lenient mode overlooks


@pytest.mark.parametrize("name", [one for one in WRONG if "code of nobody" not in one and one != "no code"])
def test_lenient_overlooks_and_notes(hand: Hand, name: str) -> None:
    changes, why = WRONG[name]
    hand.switch(lenient=True)
    code = hand.code()
    answer = hand.exchange(code, **changes(hand))
    assert not refused(answer), reason(answer)
    (noted,) = hand.calls("token")[-1]["overlooked"]
    assert why in noted
    hand.exchange(hand.code())
    assert "overlooked" not in hand.calls("token")[-1]


def test_lenient_overlooks_the_rest(google: Hand) -> None:
    google.control("PATCH", "settings", {"lenient": True})
    evil = "https://evil.example/auth/example"
    code = google.approve(google.url(redirect_uri=evil))["code"]
    answer = google.exchange(code, redirect_uri=evil, client_secret="wrong", client_id=OTHER)
    assert answer.status_code == 200
    google.switch(code_seconds=-1)
    again = google.exchange(code, redirect_uri=evil, client_secret=None)
    assert again.status_code == 200
    assert len(google.calls("token")[-1]["overlooked"]) == 3
    assert google.profile(answer.json()["access_token"]).status_code == 200


def test_pkce_may_be_ignored(hand: Hand) -> None:
    hand.switch(pkce="ignored")
    assert not refused(hand.exchange(hand.code(), code_verifier=wrong_digit(hand.verifier)))
    assert not refused(hand.exchange(hand.code(), code_verifier=None))


# Profiles


def test_the_access_token_stands_in_the_header(reader: Hand) -> None:
    token = reader.granted()["access_token"]
    url = reader.base + reader.profile_path
    for answer in (
        reader.http.get(url),
        reader.http.get(url, headers={"authorization": f"Basic {token}"}),
        reader.profile("nonsense"),
        reader.profile(token + "x"),
    ):
        assert answer.status_code in (400, 401)
        assert reason(answer)
    if reader.provider != "facebook":
        assert "stands in the address" in reason(reader.http.get(f"{url}?access_token={token}"))
    assert reader.profile(token).status_code == 200


def test_a_suspended_persona_has_no_profile(reader: Hand) -> None:
    answer = reader.profile(reader.granted(persona="suspended")["access_token"])
    assert (answer.status_code, reason(answer)) == (403, "this persona is suspended")


def test_a_user_of_ones_own(reader: Hand) -> None:
    granted = reader.granted(user_id="42", screen_name="grace", name="Grace")
    subject = reader.control("POST", "subject", {"url": reader.url(), "user_id": "42"})
    assert subject["provider"] == reader.provider
    stated = unpacked(granted["id_token"])[1] if "id_token" in granted else {}
    profile = reader.profile(granted["access_token"]).text
    assert subject["subject"] in f"{stated} {profile}"
    assert "Grace" in profile
    assert (subject["subject"] == "42") is (reader.provider != "microsoft")


# Cancel, iss, and pages


def test_cancel(hand: Hand) -> None:
    back = hand.approve(hand.url(), cancel=True)
    assert back["error"]
    assert (back["state"], "code" in back) == (hand.state, False)


def test_iss(hand: Hand) -> None:
    """RFC 9207, with and without the real provider's habit."""
    hand.switch(sends_iss=True)
    assert hand.approve(hand.url())["iss"].startswith(hand.base)
    assert hand.approve(hand.url(), cancel=True)["iss"].startswith(hand.base)
    hand.switch(iss="https://evil.example")
    assert hand.approve(hand.url())["iss"] == "https://evil.example"
    hand.switch(sends_iss=False)
    assert "iss" not in hand.approve(hand.url())


def test_switches_are_those_that_there_are(google: Hand) -> None:
    for sent in (
        {"provider": "google", "nonsense": 1},
        {"provider": "nobody"},
        {"provider": "google", "client_secret": "GOCSPX-real"},
        {"provider": "google", "pkce": "perhaps"},
        {"provider": "google", "algorithm": "HS256"},
        {"provider": "google", "id_token": {"sign": "nicely"}},
    ):
        assert google.control("PATCH", "providers", sent, 400)["error"]
    google.switch(code_seconds=1)
    assert google.control("GET", "providers")["providers"]["google"]["code_seconds"] == 1
    google.control("POST", "reset")
    assert google.control("GET", "providers")["providers"]["google"]["code_seconds"] == 600
    assert google.control("POST", "approve", {"url": f"{google.base}/elsewhere", "persona": "ada"}, 400)["error"]
    assert google.control("POST", "approve", {"url": google.url(), "persona": "eve"}, 400)["error"] == "no such persona"


def test_any_redirect_uri_for_tests_that_register_none(google: Hand) -> None:
    there = "https://app.example.com/auth/google"
    assert google.http.get(google.url(redirect_uri=there)).status_code == 400
    google.control("PATCH", "settings", {"match": "any"})
    assert google.http.get(google.url(redirect_uri=there)).status_code == 200


# Faults


def test_faults_by_provider_and_endpoint(to: Callable[[str], Hand]) -> None:
    google, github = to("google"), to("github")

    def fault(endpoint: str, kind: str, **details: Any) -> None:
        google.control("POST", "faults", {"endpoint": endpoint, "kind": kind, **details})

    fault("token", "status", status=503, provider="github")
    assert google.exchange(google.code()).status_code == 200
    assert github.exchange(github.code()).status_code == 503
    assert github.exchange(github.code()).status_code == 200
    fault("token", "commit_then_drop")
    code = google.code()
    with pytest.raises(httpx.RemoteProtocolError):
        google.exchange(code)
    assert google.calls("token")[-1]["accepted"] is True
    assert "used before" in reason(google.exchange(code))
    fault("userinfo", "replace", set={"sub": "7", "email_verified": "false"}, remove=["name"], duplicate=["email"])
    changed = google.profile(google.granted()["access_token"])
    assert (changed.json()["sub"], changed.json()["email_verified"], "name" in changed.json()) == ("7", "false", False)
    assert changed.text.count('"email":') == 2
    fault("emails", "drop")
    with pytest.raises(httpx.RemoteProtocolError):
        github.profile(github.granted()["access_token"], "/user/emails")
    fault("token", "replace", set={"token_type": "mac"}, remove=["scope"])
    assert github.exchange(github.code()).text.endswith('"token_type": "mac"}')
    for endpoint, path in (("keys", "/oauth2/v3/certs"), ("discovery", "/.well-known/openid-configuration")):
        fault(endpoint, "status", status=500)
        assert [google.http.get(google.base + path).status_code for _ in range(2)] == [500, 200]


def test_urls_come_back_as_they_were(google: Hand) -> None:
    """A callback with a query keeps it."""
    google.control("PATCH", "settings", {"callbacks": [f"{CALLBACK}?a=1"]})
    answer = google.control("POST", "approve", {"url": google.url(redirect_uri=f"{CALLBACK}?a=1"), "persona": "ada"})
    assert answer["callback"].startswith(f"{CALLBACK}?a=1&code=4%2F0A")
    assert urlsplit(answer["callback"]).fragment == ""
