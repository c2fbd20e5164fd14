"""``GET /auth/providers``: what a page needs to draw the buttons, for anyone to read and to cache; and the same on the
pages of the popup."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from support.browser import HTML
from support.servers import SECRET
from support.wsgi import App as WsgiApp

from valetkey import Secret, Settings, SettingsError
from valetkey.errors import AnotherBrowser
from valetkey.protocols.oauth1 import ClientCredentials, OAuth1
from valetkey.providers.record.appearance import Colors
from valetkey.providers.record.provider import Provider
from valetkey.providers.twitter import twitter
from valetkey.web.http import Incoming, Reply
from valetkey.web.pages import Pages

SQUARE = "M4 4h16v16H4z"


def shop(**changes: object) -> Provider:
    provider = Provider(
        name="shop",
        title="Ö & Co",
        protocol=OAuth1(
            credentials=ClientCredentials(identifier="shop-key", secret=Secret("shop-secret")),
            request_token_url="https://shop.example/request",
            access_token_url="https://shop.example/access",
            authorize_url="https://shop.example/authorize",
        ),
        identify=lambda fields: pytest.fail("nobody signs in here"),
        icon=SQUARE,
        colors=Colors(light=("#0063dc", "#ffffff"), dark=("#FFFFFF", "#0063DC")),
    )
    return replace(provider, **changes)  # type: ignore[arg-type]


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        callbacks={"twitter": ("https://app.example/auth/twitter",)},
        secrets=(Secret(SECRET),),
        database=f"sqlite:///{tmp_path_factory.mktemp('providers') / 'app.db'}",
        providers=(
            twitter(key="key-of-x", secret=Secret("secret-of-x")),
            shop(),
            shop(name="plain", title="Plain", icon=None, colors=None),
        ),
    )


def ask(settings: Settings, method: str = "GET", path: str = "providers", query: str = "", /, **headers: str) -> Reply:
    app = WsgiApp(settings)
    try:
        incoming = Incoming(method=method, path=path, query=query, headers=list(headers.items()))
        return app.blocking.answer(incoming)
    finally:
        app.blocking.close()


def header(reply: Reply, name: str) -> list[str]:
    return [value for key, value in reply.headers if key == name]


def test_the_list(settings: Settings) -> None:
    """In the order of the buttons, with what is needed to draw them and nothing else."""
    x, own, plain = json.loads(ask(settings).body)["providers"]
    assert (x["name"], x["title"]) == ("twitter", "X")
    assert x["icon"].startswith("M14.23 10.16")
    assert x["colors"] == {"light": ["#0f1419", "#ffffff"], "dark": ["#ffffff", "#0f1419"]}
    colors = {"light": ["#0063dc", "#ffffff"], "dark": ["#FFFFFF", "#0063DC"]}
    assert own == {"name": "shop", "title": "Ö & Co", "icon": SQUARE, "colors": colors}
    assert plain == {"name": "plain", "title": "Plain", "icon": None, "colors": None}


def test_anyone_may_read_and_cache_it(settings: Settings) -> None:
    reply = ask(settings, origin="https://anywhere.example")
    assert header(reply, "access-control-allow-origin") == ["*"]
    assert not header(reply, "access-control-allow-credentials")
    assert not header(reply, "set-cookie")
    assert header(reply, "cache-control") == ["public, max-age=300"]
    assert header(reply, "content-type") == ["application/json"]
    (tag,) = header(reply, "etag")
    unchanged = ask(settings, **{"if-none-match": tag})
    assert (unchanged.status, unchanged.body) == (304, b"")
    assert header(unchanged, "cache-control") == ["public, max-age=300"]
    other = ask(replace(settings, providers=settings.providers[:2]), **{"if-none-match": tag})
    assert other.status == 200


def test_a_developers_browser_asks_each_time(settings: Settings) -> None:
    here = replace(settings, callbacks={"twitter": ("http://127.0.0.1:8000/auth/twitter",)})
    assert header(ask(here), "cache-control") == ["public, max-age=0, must-revalidate"]


def test_reading_is_all_that_can_be_done(settings: Settings) -> None:
    head = ask(settings, "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert header(head, "content-length") == [str(len(ask(settings).body))]
    for method in ("POST", "PUT", "DELETE"):
        reply = ask(settings, method)
        assert (reply.status, header(reply, "allow")) == (405, ["GET, HEAD"])


def test_no_key_is_in_it(settings: Settings) -> None:
    body = ask(settings).body
    for word in (b"key", b"secret", b"https:"):
        assert word not in body


def test_no_provider_takes_its_path(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="'providers': this path is taken"):
        replace(settings, providers=(*settings.providers, shop(name="providers")))


@pytest.mark.parametrize(
    "icon",
    [
        *("", "z", "4 4", '<path d="M4 4h16v16H4z"/>', 'M4 4"/><script>', "M4 4;", "url(#x)", "M4 4h16\tz", "M４ 4z"),
        *("M" + "1 " * 2048, "https://cdn.example/icon.svg", 7, b"M4 4z"),
    ],
)
def test_an_icon_that_is_none(icon: object) -> None:
    with pytest.raises(SettingsError, match="Provider 'shop': icon must be the d attribute"):
        shop(icon=icon)


@pytest.mark.parametrize(
    "pair",
    [
        *(("#fff", "#000000"), ("red", "#000000"), ("#ffffff",), ("#ffffff", "#000000", "#000000"), "#ffffff", None),
        *(("#ffffff", "#00000g"), ("#ffffff;", "#000000"), ("#ffffff", "#00000０"), (0xFFFFFF, 0), ["#ffffff"] * 2),
    ],
)
def test_colors_that_are_none(pair: object) -> None:
    good = ("#ffffff", "#000000")
    for name, colors in (("light", (pair, good)), ("dark", (good, pair))):
        with pytest.raises(SettingsError, match=f"colors: {name} must be background and foreground"):
            Colors(*colors)  # type: ignore[arg-type]


def test_colors_are_of_their_own_kind() -> None:
    with pytest.raises(SettingsError, match="colors must be Colors"):
        shop(colors={"light": ("#ffffff", "#000000"), "dark": ("#ffffff", "#000000")})


@pytest.mark.parametrize("title", ["", " ", "a\nb", " X", "x" * 41, None])
def test_a_title_that_is_none(title: object) -> None:
    with pytest.raises(SettingsError, match="Provider 'shop': title must be 1 to 40 characters"):
        shop(title=title)


def test_the_pages_show_the_provider_that_they_belong_to() -> None:
    pages, provider = Pages(prefix="/auth"), shop()
    shown = [
        pages.begin(provider=provider, continue_url="https://shop.example/authorize"),
        pages.done(provider=provider, login_id="A" * 22),
        pages.classic(provider=provider, login_id="A" * 22, handle=None, token=None),
        pages.failed(AnotherBrowser(), here=provider),
    ]
    for page in shown:
        assert page.count(f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{SQUARE}"/></svg>') == 1
        assert "M18.2" not in page
    assert "Taking you to Ö &amp; Co…" in shown[0]
    assert "with Ö &amp; Co, in this browser" in shown[3]
    assert "<svg" not in pages.begin(provider=shop(icon=None), continue_url="https://shop.example/authorize")


def test_the_pages_of_an_app(settings: Settings) -> None:
    """Each route shows the provider in its address; an unknown one has no page."""
    for path, query in (("done", f"login={'A' * 22}"), ("failed", "code=another_browser")):
        shown = ask(settings, "GET", f"shop/{path}", query, accept=HTML).body.decode()
        assert f'd="{SQUARE}"' in shown
        assert 'd="M14.23 10.16' in ask(settings, "GET", f"twitter/{path}", query, accept=HTML).body.decode()
        assert ask(settings, "GET", f"nobody/{path}", query, accept=HTML).status == 404
