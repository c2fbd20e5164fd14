"""Two apps on one host, at two ports: a browser has one set of cookies for both (RFC 6265 §8.5). With a name of its own
each keeps its people; the control shows what happens with one name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from support import django_site
from support.browser import Browser
from support.servers import App, Provider, app_and_provider

from valetkey import Settings


@contextmanager
def two_apps(*names: str | None) -> Iterator[list[tuple[App, Provider, Browser]]]:
    """With the browser as each of them sees it."""
    cookies: dict[str, str] = {}
    with ExitStack() as stack:
        found = []
        for name in names:
            env = {"VALETKEY_COOKIE": name} if name else {}
            app, provider = stack.enter_context(app_and_provider(**env))
            found.append((app, provider, Browser(app.base, cookies=cookies)))
        yield found


def land(app: App, provider: Provider, browser: Browser, handle: str) -> None:
    begun = browser.begin()
    assert browser.come_back(provider.approve(begun.token, handle)).status == 303
    assert browser.account()["identities"][0]["handle"] == handle


@pytest.mark.parametrize(("names", "stay"), [((None, "shop"), True), (("blog", "shop"), True), ((None, None), False)])
def test_both_stay_signed_in(names: tuple[str | None, str | None], stay: bool) -> None:
    with two_apps(*names) as ((one, its, first), (other, others, second)):
        land(one, its, first, "ada")
        under_way = second.begin()  # and it touches nothing of the other's
        land(other, others, second, "bare")
        assert first.me().status == (200 if stay else 401)
        assert second.come_back(others.approve(under_way.token, "bare")).status == 303
        if stay:
            assert {name.partition("-")[0] for name in first.cookies} == {one or "valetkey" for one in names}
            assert second.sign_out().status == 204
            assert (first.me().status, second.me().status) == (200, 401)
            assert first.account()["identities"][0]["handle"] == "ada"


def test_the_name_behind_the_prefix() -> None:
    """On https, with all that the prefix asks for; and the default is what it was."""
    callback = "https://app.test/auth/twitter"
    for given, name in (({"VALETKEY_COOKIE": "shop"}, "shop"), ({}, "valetkey")):
        with app_and_provider(TWITTER_CALLBACK_URL=callback, **given) as (app, provider):
            provider.set(callbacks=[callback])
            profile = Browser(app.base, origin="https://app.test")
            begun = profile.begin()
            assert list(profile.cookies) == [f"__Host-{name}-login-{begun.login}"]
            (set_login,) = begun.answer.all("set-cookie")
            assert set_login.endswith("; Max-Age=1800; Path=/; HttpOnly; SameSite=Lax; Secure")
            profile.come_back(provider.approve(begun.token))
            assert list(profile.cookies) == [f"__Host-{name}-session"]
            assert profile.me().status == 200


def test_djangos_and_flasks_own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """By the names that their people know; Flask's are the variables' own (test_flask.py goes over all of them)."""
    from valetkey.settings.framework_config import with_config

    good = {
        "TWITTER_CONSUMER_KEY": "key", "TWITTER_CONSUMER_SECRET": "secret",
        "TWITTER_CALLBACK_URL": "https://app.example/auth/twitter",
        "VALETKEY_SECRET": "a secret of thirty-two bytes, or more",
    }  # fmt: skip
    assert Settings.from_environment(with_config(good, {"VALETKEY_COOKIE": "shop"})).cookie == "shop"
    django_site.configure()
    from django.test import override_settings

    from valetkey.frameworks.django import conf

    for name, value in good.items():
        monkeypatch.setenv(name, value)
    with override_settings(VALETKEY={"COOKIE": "shop"}):
        assert conf.read_settings().cookie == "shop"
