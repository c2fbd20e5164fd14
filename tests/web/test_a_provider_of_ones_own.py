"""The provider that CONTRIBUTING.md adds, built from that very text, signs people in beside X."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from runpy import run_path

import pytest
from support.browser import Browser
from support.servers import SECRET, Provider
from support.written import blocks_of, written
from support.wsgi import App, serving

from valetkey import Secret, Settings, SettingsError
from valetkey.errors import ProviderNonsense

PAGE = "CONTRIBUTING.md"
FLICKR = run_path(str(written(PAGE) / "flickr.py"))
ADA = {"user_nsid": "21207597@N07", "username": "ada", "fullname": "Ada L"}


def settings(port: int, provider: Provider, database: str, **more: object) -> Settings:
    flickr = FLICKR["flickr"](key=provider.key, secret=Secret(provider.secret), site=provider.origin)
    return Settings(
        **{  # type: ignore[arg-type]
            "callbacks": (f"http://127.0.0.1:{port}/auth/twitter",),
            "secrets": (Secret(SECRET),),
            "twitter_key": provider.key,
            "twitter_secret": Secret(provider.secret),
            "twitter_api": provider.origin,
            "twitter_browser": provider.origin,
            "database": database,
            "providers": (flickr,),
            **more,
        }
    )


@pytest.fixture(scope="module")
def base(port: int, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    provider.serves(f"http://127.0.0.1:{port}/auth/flickr")
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
    with pytest.raises(ProviderNonsense):
        FLICKR["identify"]({**ADA, "user_nsid": subject})


@pytest.mark.parametrize("name", ["twitter", "session", "Flickr", "a/b", "sessions"])
def test_a_name_that_is_taken_or_none(port: int, provider: Provider, name: str) -> None:
    good = FLICKR["flickr"](key="k", secret=Secret("s"))
    assert settings(port, provider, "sqlite:///x.db", providers=(good,)).callback_of("flickr").endswith("/auth/flickr")
    with pytest.raises(SettingsError, match="Provider"):
        settings(port, provider, "sqlite:///x.db", providers=(replace(good, name=name),))
