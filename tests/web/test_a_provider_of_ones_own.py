"""The providers that CONTRIBUTING.md adds, built from that very text, sign people in beside X."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from runpy import run_path

import pytest
from support.browser import Answer, Browser
from support.servers import SECRET, Provider
from support.written import blocks_of, written
from support.wsgi import App, serving

from valetkey import Secret, Settings, SettingsError
from valetkey.errors import ProviderReplyInvalid
from valetkey.providers.twitter import twitter

PAGE = "CONTRIBUTING.md"
FLICKR = run_path(str(written(PAGE) / "flickr.py"))
PLURK = run_path(str(written(PAGE) / "plurk.py"))
# The sandbox has no such address: its own profile stands in for Plurk's, and a fault says what it answers.
PROFILE = "1.1/account/verify_credentials.json"
ADA = {"user_nsid": "21207597@N07", "username": "ada", "fullname": "Ada L"}


def settings(port: int, provider: Provider, database: str, **more: object) -> Settings:
    x = twitter(key=provider.key, secret=Secret(provider.secret), base=provider.origin)
    # This sandbox knows one address for each step.
    flickr = replace(FLICKR["flickr"](key="k", secret=Secret("s")), protocol=x.protocol)
    plurk = PLURK["plurk"](key="k", secret=Secret("s"))
    plurk = replace(plurk, protocol=x.protocol, profile_url=f"{provider.origin}/{PROFILE}")
    return Settings(
        **{  # type: ignore[arg-type]
            "url": f"http://127.0.0.1:{port}",
            "secrets": (Secret(SECRET),),
            "database": database,
            "providers": (x, flickr, plurk),
            **more,
        }
    )


@pytest.fixture(scope="module")
def base(port: int, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    provider.serves(f"http://127.0.0.1:{port}/auth/flickr")
    provider.serves(f"http://127.0.0.1:{port}/auth/plurk")
    app = App(settings(port, provider, f"sqlite:///{tmp_path_factory.mktemp('flickr') / 'app.db'}"))
    with serving(app, port) as address:
        yield address
    app.blocking.close()


def begin(browser: Browser, provider: str) -> str:
    answer = browser.submit(f"/auth/{provider}", {"login": "a" * 22, "mode": "popup"})
    assert answer.status == 200, answer.text
    return (answer.header("refresh") or "").partition("oauth_token=")[2]


def test_it_is_thirty_lines() -> None:
    code = [line for line in blocks_of(PAGE)["flickr.py"].splitlines() if line.strip()]
    assert 20 < len(code) <= 32


def test_it_signs_in(base: str, provider: Provider) -> None:
    """And X does beside it: two people, at callbacks of their own."""
    provider.reset()
    browser = Browser(base)
    token = begin(browser, "flickr")
    provider.fault("access_token", "replace", set=ADA, remove=["user_id", "screen_name"])
    callback = provider.approve(token)
    assert callback.startswith(f"{base}/auth/flickr?")
    assert browser.come_back(callback).status == 303
    (identity,) = browser.me().json()["identities"]
    assert (identity["provider"], identity["subject"]) == ("flickr", "21207597@N07")
    assert (identity["handle"], identity["name"]) == ("ada", "Ada L")
    assert {call["oauth_callback"] for call in provider.calls("request_token")} == {f"{base}/auth/flickr"}

    other = Browser(base)
    other.come_back(provider.approve(begin(other, "twitter")))
    assert other.me().json()["identities"][0]["provider"] == "twitter"
    assert other.me().json()["id"] != browser.me().json()["id"]


def says(provider: Provider, reply: object, status: int = 200, times: int = 1) -> None:
    """What the profile request is answered with."""
    body = reply if isinstance(reply, str) else json.dumps(reply)
    provider.fault("verify_credentials", "status", times, status=status, body=body, content_type="application/json")


def comes_back(base: str, provider: Provider) -> tuple[Browser, Answer]:
    browser = Browser(base)
    return browser, browser.come_back(provider.approve(begin(browser, "plurk")))


def test_one_whose_profile_says_who_it_is(base: str, provider: Provider) -> None:
    """Two people, two accounts, one profile request each; the exchange's own user_id is not used."""
    provider.reset()
    provider.set(lenient=True)
    accounts = set()
    for number in (3146394, 3146395):
        says(provider, {"id": number, "nick_name": f"ada{number}"})
        browser, answer = comes_back(base, provider)
        assert answer.status == 303
        (identity,) = browser.me().json()["identities"]
        assert (identity["provider"], identity["subject"]) == ("plurk", str(number))
        assert identity["handle"] == f"ada{number}"
        accounts.add(browser.me().json()["id"])
    assert len(accounts) == 2
    assert len(provider.exchanges) == len(provider.calls("verify_credentials")) == 2


NOBODY: dict[str, tuple[object, int, int, str]] = {
    "no id": ({"nick_name": "ada"}, 200, 1, "provider_reply_invalid"),
    "null": ({"id": None}, 200, 1, "provider_reply_invalid"),
    "zero": ({"id": 0}, 200, 1, "provider_reply_invalid"),
    "text": ({"id": "7"}, 200, 1, "provider_reply_invalid"),
    "true": ({"id": True}, 200, 1, "provider_reply_invalid"),
    "a list": ([{"id": 7}], 200, 1, "provider_reply_invalid"),
    "twice": ('{"id": 7, "id": 8}', 200, 1, "provider_reply_invalid"),
    "no JSON": ("<html></html>", 200, 1, "provider_reply_invalid"),
    "refused": ("", 403, 1, "provider_refused"),
    "outage": ("", 503, 2, "provider_unavailable"),
}


@pytest.mark.parametrize(("reply", "status", "calls", "code"), NOBODY.values(), ids=list(NOBODY))
def test_two_whose_profile_is_missing_are_nobody(
    base: str, provider: Provider, reply: object, status: int, calls: int, code: str
) -> None:
    """Each fails with the provider's error; neither has a session, and no account is shared."""
    provider.reset()
    provider.set(lenient=True)
    for _ in range(2):
        says(provider, reply, status, times=calls)
        browser, answer = comes_back(base, provider)
        assert answer.code == code
        assert browser.session_cookie is None
    assert len(provider.exchanges) == 2
    assert len(provider.calls("verify_credentials")) == 2 * calls
    says(provider, {"id": 3146394, "nick_name": "ada"})
    browser, answer = comes_back(base, provider)
    assert answer.status == 303
    assert browser.me().json()["identities"][0]["subject"] == "3146394"


def test_a_profile_that_never_answers_ends_within_ten_seconds(base: str, provider: Provider) -> None:
    """After an exchange whose first reply never came either."""
    provider.reset()
    provider.set(lenient=True)
    provider.fault("access_token", "hang", seconds=15)
    provider.fault("verify_credentials", "hang", 2, seconds=15)
    browser = Browser(base)
    callback = provider.approve(begin(browser, "plurk"))
    began_at = time.monotonic()
    assert browser.come_back(callback).code == "provider_unavailable"
    assert time.monotonic() - began_at < 10
    assert browser.session_cookie is None
    assert (len(provider.exchanges), len(provider.calls("verify_credentials"))) == (2, 2)


def test_what_began_at_one_does_not_finish_at_the_other(base: str, provider: Provider) -> None:
    provider.reset()
    provider.set(lenient=True)
    browser = Browser(base)
    callback = provider.approve(begin(browser, "flickr"))
    assert browser.come_back(callback.replace("/flickr", "/twitter")).code == "wrong_provider"
    assert browser.session_cookie is None
    assert provider.exchanges == []


@pytest.mark.parametrize("subject", ["", "7", "21207597@N07 ", "@N07", "21207597@N07\n"])
def test_an_id_that_is_none(subject: str) -> None:
    assert FLICKR["identify"](ADA).subject == ADA["user_nsid"]
    with pytest.raises(ProviderReplyInvalid):
        FLICKR["identify"]({**ADA, "user_nsid": subject})


@pytest.mark.parametrize("name", ["twitter", "session", "Flickr", "a/b", "sessions"])
def test_a_name_that_is_taken_or_none(port: int, provider: Provider, name: str) -> None:
    good = FLICKR["flickr"](key="k", secret=Secret("s"))
    x = twitter(key="k", secret=Secret("s"))
    assert (
        settings(port, provider, "sqlite:///x.db", providers=(x, good)).callback_of("flickr").endswith("/auth/flickr")
    )
    with pytest.raises(SettingsError, match="Provider"):
        settings(port, provider, "sqlite:///x.db", providers=(x, replace(good, name=name)))
