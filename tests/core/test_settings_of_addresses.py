"""The address of the app: what ``VALETKEY_URL`` and the callback URLs say of it."""

from __future__ import annotations

import pytest
from support.wsgi import App

from core.environments import BASIC, FLICKR, SECRET, X, own, refused
from valetkey import Settings
from valetkey.settings.environment import addresses_of, prefix_of
from valetkey.web.http import Incoming


@pytest.mark.parametrize(
    ("url", "origin", "callback"),
    [
        ("https://app.example", "https://app.example", "https://app.example/auth/flickr"),
        ("https://APP.example:443/", "https://app.example", "https://app.example/auth/flickr"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", "http://127.0.0.1:8000/auth/flickr"),
        ("https://app.example/app", "https://app.example", "https://app.example/app/auth/flickr"),
        ("https://app.example/some/app/", "https://app.example", "https://app.example/some/app/auth/flickr"),
    ],
)
def test_the_address_of_the_app(url: str, origin: str, callback: str) -> None:
    settings = Settings.from_environment({**BASIC, **FLICKR, "VALETKEY_URL": url, "VALETKEY_PROVIDERS": "flickr"})
    assert settings.public_origin == origin
    assert settings.callback_of("flickr") == callback
    assert settings.prefix == "/auth"
    assert settings.secure == url.startswith("https:")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        *(("app.example", "full address"), ("http://app.example", "https"), ("https://app.example/?a", "query")),
        *(("https://app.example/a//b", "its path"), ("https://app.example/a/../b", "its path")),
        *(("https://app.example/%61", "its path"), ("https://app.example/.", "its path"), ("*", "full address")),
        ("https://user:canary@app.example", "user name"),
    ],
)
def test_what_is_no_address_of_an_app(url: str, sentence: str) -> None:
    hint = refused({**BASIC, **X, "VALETKEY_URL": url})
    assert f"VALETKEY_URL: {sentence}" in hint or sentence in hint
    assert "VALETKEY_URL" in hint
    assert "canary" not in hint


def test_a_callback_url_is_for_what_the_default_is_not() -> None:
    """The first one leads to the routes, as it is registered, to the letter; the others are pages of the app."""
    page = "https://elsewhere.example/page"
    registered = "https://APP.example/auth/flickr"
    both = {**BASIC, **X, **FLICKR, "VALETKEY_PROVIDERS": "flickr,twitter"}
    settings = Settings.from_environment({**both, "FLICKR_CALLBACK_URL": f"{registered}, {page}"})
    assert settings.callback_of("flickr") == registered
    assert settings.callback_of("twitter") == "https://app.example/auth/twitter"
    assert settings.listed_callbacks == (registered, page)
    for url, sentence in (
        ("https://app.example/auth/twitter", "its path must be /auth/flickr"),
        ("https://other.example/auth/flickr", "it must begin with https://app.example"),
        ("ftp://app.example/auth/flickr", "full address"),
    ):
        hint = refused({**both, "FLICKR_CALLBACK_URL": url})
        assert f"FLICKR_CALLBACK_URL: {sentence}" in hint or f"FLICKR_CALLBACK_URL: give a {sentence}" in hint
    below = {**both, "VALETKEY_URL": "https://app.example/app"}
    assert "its path must be /app/auth/flickr" in refused({**below, "FLICKR_CALLBACK_URL": registered})


def test_which_of_them_are_pages() -> None:
    """Those that lead to no route, at a provider of OAuth 2.0. At one of OAuth 1.0a, the provider sends users there."""
    page = "https://app.example"
    routes = (
        "https://app.example/auth/github",
        "https://second.example/auth/github",
        "https://second.example/auth/flickr",
    )
    keys = {"GITHUB_CLIENT_ID": "id", "GITHUB_CLIENT_SECRET": "secret", "VALETKEY_PROVIDERS": "flickr,github"}
    listed = {"GITHUB_CALLBACK_URL": ",".join((*routes, page)), "FLICKR_CALLBACK_URL": f"{page}/auth/flickr,{page}"}
    settings = Settings.from_environment({**BASIC, **FLICKR, **keys, **listed})
    assert settings.pages_of("github") == (page,)
    assert settings.pages_of("flickr") == settings.pages_of("nobody") == ()


def test_a_callback_url_of_a_provider_made_in_python() -> None:
    environ = {**BASIC, "OWN_CALLBACK_URL": "https://APP.example/auth/own"}
    assert Settings.from_environment(environ, providers=[own()]).callback_of("own") == "https://APP.example/auth/own"


def test_xs_variables_alone() -> None:
    """The first callback URL says the address; the others may be other providers' and other hosts'."""
    callbacks = "https://app.example/auth/twitter,https://second.example/auth/own,https://app.example/page"
    environ = {**X, "VALETKEY_SECRET": SECRET, "TWITTER_CALLBACK_URL": callbacks}
    settings = Settings.from_environment(environ, providers=[own()])
    assert settings.public_origin == "https://app.example"
    assert settings.callback_of("twitter") == "https://app.example/auth/twitter"
    assert settings.callback_of("own") == "https://second.example/auth/own"
    assert settings.listed_callbacks == tuple(callbacks.split(","))
    assert "its path must be /auth/twitter" in refused(
        {**environ, "TWITTER_CALLBACK_URL": "https://app.example/app/twitter"}
    )


def test_the_public_path_follows_from_the_first_callback_url() -> None:
    """Callback URLs alone say what the app is public under. With VALETKEY_URL, they must agree with it."""
    below = "https://app.example/app/auth/twitter,https://app.example/page"
    environ = {**X, "VALETKEY_SECRET": SECRET, "TWITTER_CALLBACK_URL": below}
    settings = Settings.from_environment(environ, providers=[own()])
    assert (settings.prefix, settings.public_base, settings.public_prefix) == ("/auth", "/app", "/app/auth")
    assert settings.callback_of("twitter") == "https://app.example/app/auth/twitter"
    assert settings.callback_of("own") == "https://app.example/app/auth/own"
    assert settings.app_page == "https://app.example/app/"
    at_root = Settings.from_environment({**environ, "TWITTER_CALLBACK_URL": "https://app.example/auth/twitter"})
    assert (at_root.public_base, at_root.public_prefix) == ("", "/auth")
    for url in ("https://app.example", "https://app.example/other"):
        assert "TWITTER_CALLBACK_URL, entry 1: its path must be" in refused({**environ, "VALETKEY_URL": url})
    assert "its path must be /auth/twitter" in refused(
        {**environ, "TWITTER_CALLBACK_URL": "https://app.example/a//b/auth/twitter"}
    )


def test_an_app_below_a_path_writes_public_addresses() -> None:
    """A proxy takes the path off; the routes are asked for without it, and what a browser is sent has it."""
    app = App(
        Settings.from_environment(
            {**BASIC, **FLICKR, "VALETKEY_URL": "https://app.example/app", "VALETKEY_PROVIDERS": "flickr"}
        )
    )
    html = [("accept", "text/html")]
    failed = app.blocking.answer(Incoming(method="GET", path="flickr", query="oauth_token=t", headers=html))
    assert dict(failed.headers)["location"].startswith("/app/auth/flickr/failed?code=")
    page = app.blocking.answer(Incoming(method="GET", path="flickr/failed", query="code=expired", headers=html))
    assert b'href="/app/auth/pages.css"' in page.body
    app.blocking.close()


def test_a_callback_url_says_the_prefix_and_the_address() -> None:
    environ = {"VALETKEY_PROVIDERS": "acme", "ACME_CALLBACK_URL": "https://app.example/sign-in/acme"}
    assert prefix_of(environ) == "/sign-in"
    assert addresses_of(environ) == ("https://app.example/sign-in/acme",)
    assert prefix_of({"APPLE_CALLBACK_URL": "https://app.example/sign-in/apple/return"}) == "/sign-in"


@pytest.mark.parametrize(
    ("environ", "prefix"),
    [
        ({}, "/auth"),
        ({"TWITTER_CALLBACK_URL": "https://app.example/app/auth/twitter,https://app.example/x"}, "/app/auth"),
        ({"TWITTER_CALLBACK_URL": "https://app.example/sign-in"}, "/auth"),
        ({"TWITTER_CALLBACK_URL": "https://[::1"}, "/auth"),
        ({"VALETKEY_URL": "https://app.example/app"}, "/auth"),
        (
            {"VALETKEY_URL": "https://app.example/app/", "FLICKR_CALLBACK_URL": "https://app.example/app/in/flickr"},
            "/in",
        ),
    ],
)
def test_the_mount_that_callback_urls_say(environ: dict[str, str], prefix: str) -> None:
    """For Django, whose urlconf is not read yet when the settings are."""
    assert prefix_of(environ) == prefix
