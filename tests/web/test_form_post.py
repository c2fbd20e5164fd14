"""``POST {provider}/return``: a callback that a provider's page posts as a form, on its way to the callback by GET."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from support.browser import HTML, Answer, Browser
from support.servers import SECRET, App, Provider, app_and_provider

from valetkey import Secret
from valetkey.crypto.keys import Keys
from valetkey.http_client.runner import ThreadRunner
from valetkey.web.cookies import CookieNames
from valetkey.web.form_post import FormPost
from valetkey.web.http import Incoming

RETURN = "/auth/twitter/return"
FORM = "application/x-www-form-urlencoded"
COOKIE = "valetkey-posted-name"
CODE = {"code": "c", "state": "s"}


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[App, Provider]]:
    with app_and_provider(PROGRAM="serve --no-profile") as pair:
        yield pair


@pytest.fixture
def app(world: tuple[App, Provider]) -> App:
    return world[0]


@pytest.fixture
def provider(world: tuple[App, Provider]) -> Provider:
    world[1].reset()
    return world[1]


def post(browser: Browser, fields: dict[str, str], **headers: str) -> Answer:
    """A form that a page of the provider's submits."""
    elsewhere = {"Origin": "https://provider.example", "Sec_Fetch_Site": "cross-site"}
    return browser.submit(RETURN, fields, **(elsewhere | headers))


def user(**fields: Any) -> str:
    return json.dumps(fields)


ADA = user(name={"firstName": "Ada", "middleName": "K", "lastName": "Lovelace"}, email="victim@example.test")


# The way on


def test_it_goes_on_with_the_fields_of_a_callback(app: App, provider: Provider) -> None:
    """And with no other: no description, no token, nothing about the user, nothing unknown."""
    known = {
        "code": "4/0A+b c=&é",
        "state": "s-_.~",
        "iss": "https://issuer.example/a?b",
        "error": "access_denied",
        "error_code": "200",
        "error_reason": "user_denied",
        "error_subcode": "cancel",
    }
    others = dict.fromkeys(("id_token", "access_token", "token", "error_description", "user", "email", "x"), "SECRET")
    before = app.all_rows()
    answer = post(Browser(app.base), {**others, **known})
    location = answer.header("location") or ""
    assert answer.status == 303
    assert (urlsplit(location).path, location[-1]) == ("/auth/twitter", "#")
    assert parse_qs(urlsplit(location).query) == {name: [value] for name, value in known.items()}
    assert "SECRET" not in str(answer.headers)
    assert answer.all("set-cookie") == []
    assert provider.journal == []
    assert app.all_rows() == before


def test_it_reads_no_cookie_and_asks_for_no_origin(app: App) -> None:
    """Every sender gets the same answer: it says no more than a link to the callback would."""
    profile = Browser(app.base)
    profile.begin()
    plain = post(Browser(app.base), CODE)
    kinds = [{"Origin": "null"}, {"Origin": app.base, "Sec_Fetch_Site": "same-origin"}, {"Cookie": "a=b"}]
    for answer in [post(profile, CODE), *(post(Browser(app.base), CODE, **headers) for headers in kinds)]:
        assert (answer.status, answer.header("location")) == (303, plain.header("location"))
        assert answer.all("set-cookie") == []
    bare = Browser(app.base).request("POST", RETURN, body=urlencode(CODE), headers={"Content-Type": FORM})
    assert (bare.status, bare.header("location")) == (303, plain.header("location"))
    assert len(profile.login_cookies) == 1


def test_a_form_of_anothers_making_is_nobodys_login(app: App, provider: Provider) -> None:
    """The POST changes nothing, and the callback finds no login. The control is the honest one."""
    profile = Browser(app.base)
    begun = profile.begin()
    before, cookies = app.all_rows(), dict(profile.cookies)
    answer = post(profile, {"code": "attackers", "state": "attackers"})
    landed = profile.visit(answer.header("location") or "")
    assert (landed.status, "/failed?code=" in (landed.header("location") or "")) == (303, True)
    assert (app.all_rows(), profile.cookies, provider.exchanges) == (before, cookies, [])
    assert profile.come_back(provider.approve(begun.token)).status == 303
    assert profile.account() is not None


def test_it_counts_as_no_start() -> None:
    """Behind a public address, where starts are limited."""
    with app_and_provider(VALETKEY_START_LIMIT="1", VALETKEY_PROXIES="127.0.0.1") as (app, _):
        client = {"X_Forwarded_For": "203.0.113.7"}
        assert {post(Browser(app.base), CODE, **client).status for _ in range(6)} == {303}
        starts = [Browser(app.base).submit("/auth/twitter", {}, **client).status for _ in range(2)]
        assert starts == [200, 429]  # the control


REFUSED: dict[str, tuple[str | None, bytes, int, str]] = {
    "JSON": ("application/json", b'{"code": "c", "state": "s"}', 415, "unsupported_media_type"),
    "multipart": ("multipart/form-data; boundary=x", b"--x--", 415, "unsupported_media_type"),
    "text": ("text/plain", b"code=c&state=s", 415, "unsupported_media_type"),
    "no type": (None, b"code=c&state=s", 415, "unsupported_media_type"),
    "no body": (None, b"", 415, "unsupported_media_type"),
    "17 KiB": (FORM, b"code=c&state=s&x=" + b"x" * 17_000, 413, "body_too_large"),
    "too long for an address": (FORM, b"state=s&code=" + b"x" * 8_200, 400, "bad_request"),
    "a code twice": (FORM, b"code=c&state=s&code=c", 400, "bad_request"),
    "a user twice": (FORM, b"code=c&state=s&user=%7B%7D&user=%7B%7D", 400, "bad_request"),
    "a control character": (FORM, b"code=c%0d%0aSet-Cookie:x&state=s", 400, "bad_request"),
    "no UTF-8": (FORM, b"code=%ff&state=s", 400, "bad_request"),
    "51 fields": (FORM, "&".join(f"a{number}=b" for number in range(51)).encode(), 400, "bad_request"),
}


@pytest.mark.parametrize(("kind", "body", "status", "code"), REFUSED.values(), ids=list(REFUSED))
def test_what_is_refused(app: App, provider: Provider, kind: str | None, body: bytes, status: int, code: str) -> None:
    """As JSON to a program, and as a page to a browser, without a cookie."""
    for accept in ("application/json", HTML):
        headers = {"Accept": accept, **({"Content-Type": kind} if kind else {})}
        answer = Browser(app.base).request("POST", RETURN, body=body, headers=headers)
        assert (answer.status, code in answer.text) == (status, True)
        assert answer.all("set-cookie") == answer.all("location") == []
    assert provider.journal == []


def test_only_by_post_and_in_no_frame(app: App) -> None:
    browser = Browser(app.base)
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
        answer = browser.request(method, RETURN)
        assert (answer.status, answer.header("allow")) == (405, "POST"), method
    assert browser.request("OPTIONS", RETURN).status == 204
    assert post(browser, CODE, Sec_Fetch_Dest="iframe", Accept="application/json").code == "not_a_navigation"
    for path, status in (("/auth/nowhere/return", 404), (f"{RETURN}/", 404), (f"{RETURN}x", 404)):
        assert browser.submit(path, CODE).status == status, path


# The name


def named(app: App, provider: Provider, form: dict[str, str], callback_state: str | None = "s") -> str | None:
    """The name of an identity whose callback came with this form. The provider's own reply has no name."""
    profile = Browser(app.base)
    begun = profile.begin()
    answer = post(profile, form)
    assert answer.status == 303
    callback = provider.approve(begun.token, user_id=str(next(NUMBERS)), screen_name="somebody")
    landed = profile.come_back(callback + (f"&state={callback_state}" if callback_state is not None else ""))
    assert landed.status == 303
    assert COOKIE not in profile.cookies  # once, whatever it was
    (identity,) = profile.account()["identities"]
    return identity["name"]  # type: ignore[no-any-return]


NUMBERS = iter(range(7_700_000, 7_800_000))


def test_a_name_is_the_identitys(app: App, provider: Provider) -> None:
    assert named(app, provider, {**CODE, "user": ADA}) == "Ada Lovelace"
    assert "victim@example.test" not in app.server.log


@pytest.mark.parametrize("state", [None, "", "t", "s%20"])
def test_it_is_for_one_callback(app: App, provider: Provider, state: str | None) -> None:
    assert named(app, provider, {**CODE, "user": ADA}, state) is None


NAMES: dict[str, tuple[str, str | None]] = {
    "one part": (user(name={"firstName": "Ada"}), "Ada"),
    "HTML": (user(name={"firstName": "<script>", "lastName": "&amp;"}), "<script> &amp;"),
    "line ends": (user(name={"firstName": "A\r\nSet-Cookie: x=y"}), "ASet-Cookie: x=y"),
    "half a character": ('{"name": {"firstName": "\\ud800Ada"}}', "Ada"),
    "long": (user(name={"firstName": "x" * 5_000, "lastName": "y"}), "x" * 100),
    "no JSON": ("Ada", None),
    "text": ('"Ada"', None),
    "a list": ('[{"name": {"firstName": "Ada"}}]', None),
    "a name that is text": (user(name="Ada"), None),
    "numbers": (user(name={"firstName": 7, "lastName": ["Ada"]}), None),
    "blank": (user(name={"firstName": " ", "lastName": "\t"}), None),
    "an address alone": (user(email="victim@example.test"), None),
    "deep": ("[" * 3_000, None),
}


@pytest.mark.parametrize(("field", "name"), NAMES.values(), ids=list(NAMES))
def test_a_name_is_a_text_to_show(app: App, provider: Provider, field: str, name: str | None) -> None:
    """Anything else is left out, and the login lands all the same."""
    assert named(app, provider, {**CODE, "user": field}) == name


INCOMPLETE = [{"state": "s"}, {"code": "c"}, {"code": "c", "state": ""}, {"error": "x", "state": "s"}]


@pytest.mark.parametrize("form", INCOMPLETE, ids=str)
def test_without_a_code_and_a_state_there_is_no_name(app: App, form: dict[str, str]) -> None:
    assert post(Browser(app.base), {**form, "user": ADA}).all("set-cookie") == []


def test_there_is_one_cookie_of_a_bounded_size(app: App) -> None:
    """Other sites can send such forms, as many as they like. They must not fill the jar until it drops a session."""
    browser = Browser(app.base)
    widest = user(name={"firstName": "\N{GRINNING FACE}" * 200})
    for number in range(20):
        (cookie,) = post(browser, {"code": "c", "state": str(number), "user": widest}).all("set-cookie")
        assert len(cookie.partition(";")[0]) <= 700
    assert list(browser.cookies) == [COOKIE]


def test_what_the_cookie_says_is_ours_alone(app: App, provider: Provider) -> None:
    """Altered, made up or sent twice it is no name; nor is another login's or another provider's."""
    made = Browser(app.base)
    post(made, {**CODE, "user": ADA})
    good = made.cookies[COOKIE]
    altered = good[:-2] + ("AA" if good[-2:] != "AA" else "BB")
    for sent in (f"{COOKIE}={altered}", f"{COOKIE}=Ada", f"{COOKIE}={good}; {COOKIE}={good}", f"{COOKIE}=%22"):
        profile = Browser(app.base)
        begun = profile.begin()
        callback = provider.approve(begun.token, user_id=str(next(NUMBERS)), screen_name="somebody")
        ((name, sealed),) = profile.login_cookies.items()
        path = f"/auth/twitter?{urlsplit(callback).query}&state=s"
        assert profile.visit(path, headers={"Cookie": f"{name}={sealed}; {sent}"}).status == 303
        assert profile.account()["identities"][0]["name"] is None, sent


def test_it_lives_for_two_minutes_at_one_provider() -> None:
    """By the server's clock, not by the browser's word."""
    now = 1_000_000.5
    names = CookieNames(secure=True)
    forms = FormPost(prefix="/auth", names=names, keys=Keys([Secret(SECRET)]), clock=lambda: now)
    body = urlencode({**CODE, "user": ADA}).encode()
    incoming = Incoming(method="POST", path="apple/return", headers=(("content-type", FORM),), body=body)
    reply = ThreadRunner().run(forms.post(incoming))
    (cookie,) = [value for name, value in reply.headers if name == "set-cookie"]
    assert re.fullmatch(rf"__Host-{COOKIE}=[\w-]+; Max-Age=120; Path=/; HttpOnly; SameSite=Lax; Secure", cookie)
    sealed = cookie.partition("=")[2].partition(";")[0]
    assert forms.name_in(sealed, "apple", "s") == "Ada Lovelace"
    assert forms.name_in(sealed, "google", "s") is None
    now += 119.0
    assert forms.name_in(sealed, "apple", "s") == "Ada Lovelace"
    now += 2.0
    assert forms.name_in(sealed, "apple", "s") is None


def test_a_name_that_the_provider_states_comes_first() -> None:
    with app_and_provider(PROGRAM="readme", READS_PROFILE="") as (app, provider):
        profile = Browser(app.base)
        begun = profile.begin()
        post(profile, {**CODE, "user": ADA})
        assert profile.come_back(f"{provider.approve(begun.token)}&state=s").status == 303
        name = profile.account()["identities"][0]["name"]
        assert name is not None
        assert name != "Ada Lovelace"
