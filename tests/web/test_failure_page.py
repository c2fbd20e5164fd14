"""The popup's page of an error: whose app it is, what to do next, and what a developer needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from support.browser import HTML, Answer, Browser
from support.servers import App, Provider, free_port

from valetkey import Secret, Settings, SettingsError
from valetkey.errors import WrongHost, error_by_code, known_errors
from valetkey.providers.twitter import twitter
from valetkey.web.pages import Pages

LOCAL = "http://127.0.0.1:{port}/auth/twitter"
X = twitter(key="key", secret=Secret("secret"))
# What the templates of the version before looked like.
OLD = {
    "begin.html": "<title>$provider</title>$head $icon <a href='$continue_url'>on</a>",
    "done.html": "<title>done</title>$head <body $nudge>$icon $provider",
    "finishing.html": "<title>wait</title>$head",
    "failed.html": "<title>no</title>$head <body $nudge><h1>$message</h1>$next $code $hint",
    "failed-close.html": "<button data-close>zu</button>",
    "failed-back.html": "<a href='$back_url'>zurück</a>",
    "failed-here.html": "<form action='$start_url'>$icon $provider</form>",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, _App]]:
    """By name: an app on this machine, one on https, and one that hands out tokens."""
    apps = {}
    for name, callback, more in (
        ("local", LOCAL, {"VALETKEY_TITLE": "Bramble <b>&amp; Co"}),
        ("public", "https://app.test/auth/twitter", {}),
        ("token", LOCAL, {"VALETKEY_DELIVERY": "token"}),
    ):
        port = free_port()
        provider = Provider(callback.format(port=port))
        apps[name] = _App(provider, port, tmp_path_factory.mktemp(name), **more)
    yield apps
    for one in apps.values():
        one.stop()


class _App(App):
    """An app, and its own provider."""

    def __init__(self, provider: Provider, port: int, directory: Path, **more: str) -> None:
        self.provider = provider
        super().__init__(provider, port, directory, TWITTER_CALLBACK_URL=provider.callbacks[0], **more)

    def stop(self) -> None:
        super().stop()
        self.provider.stop()


def page(app: App, code: str, browser: Browser | None = None) -> Answer:
    return (browser or Browser(app.base)).visit(f"/auth/twitter/failed?code={code}")


def labels(answer: Answer) -> list[str]:
    """The words of what one can press, above the part for developers."""
    main = answer.text.partition("<details")[0]
    return re.findall(r">([^<>]+)</(?:a|button)>", main)


def test_whose_app_it_is(world: dict[str, _App]) -> None:
    """By its title, escaped, or else by its host; in the title of each page, and on the page of an error."""
    escaped = "Bramble &lt;b&gt;&amp;amp; Co"
    for app, name in ((world["local"], escaped), (world["public"], "app.test"), (world["token"], "127.0.0.1")):
        failed = page(app, "expired").text
        assert f"<title>Not signed in · {name}</title>" in failed
        assert f'<p class="app">{name}</p>' in failed
        done = Browser(app.base).visit(f"/auth/twitter/done?login={'A' * 22}").text
        assert f"<title>Signed in · {name}</title>" in done
    begun = Browser(world["local"].base).begin().answer.text
    assert f"<title>Taking you to X… · {escaped}</title>" in begun
    assert f"<title>Finishing… · {escaped}</title>" in Pages(prefix="/auth", title=unescape(escaped)).finishing()


@pytest.mark.parametrize("title", ["", " ", " X", "X ", "a\nb", "x" * 61, "a\x85b"])
def test_a_title_that_is_none(title: str) -> None:
    with pytest.raises(SettingsError, match="VALETKEY_TITLE: give the name of your app"):
        Settings(secrets=(Secret("s" * 48),), providers=(X,), url="https://app.example", title=title)


def test_every_error_says_what_to_do_and_has_one_way_on_at_least(world: dict[str, _App]) -> None:
    for code in known_errors():
        answer = page(world["public"], code)
        assert answer.status == known_errors()[code].status
        assert labels(answer), code
        assert f'href="/auth/errors#{code}"' in answer.text
        assert 'class="icon sign"' in answer.text
        assert unescape(answer.text).count(error_by_code(code).advice) == 1 or not error_by_code(code).advice


@pytest.mark.parametrize(
    ("code", "advice", "ways"),
    [
        ("provider_unavailable", "Nothing is wrong with your account.", ["Try again", "Close"]),
        ("interrupted", "", ["Try again", "Close"]),
        ("foreign_token", "Start the sign-in again.", ["Try again", "Close"]),
        ("expired", "A sign-in must be finished within ten minutes.", ["Sign in here"]),
        ("another_browser", "Go back to that browser, or sign in here.", ["Sign in here"]),
        ("wrong_keys", "If this is your app, the details below say what to change.", ["Close"]),
        ("callback_not_approved", "If this is your app, the details below say what to change.", ["Close"]),
        ("wrong_host", "If this is your app, the details below say what to change.", ["Close"]),
        ("identity_taken", "Sign in with it, and unlink it there first.", ["Close"]),
    ],
)
def test_what_to_do_next(world: dict[str, _App], code: str, advice: str, ways: list[str]) -> None:
    answer = page(world["public"], code)
    assert f'<p class="advice">{advice}</p>' in answer.text
    assert labels(answer) == ways


def test_the_part_for_developers_is_open_where_they_look(world: dict[str, _App]) -> None:
    """On this machine always; elsewhere where nobody else can act."""
    for name, code, is_open in (
        ("local", "expired", True), ("public", "expired", False), ("public", "wrong_keys", True),
        ("public", "clock_off", True), ("public", "provider_unavailable", False), ("local", "wrong_keys", True),
    ):  # fmt: skip
        assert ("<details open>" in page(world[name], code).text) == is_open, (name, code)


def test_try_again_signs_in(world: dict[str, _App]) -> None:
    """The page's own form, as a browser sends it: it lands, and the popup ends at the last page."""
    app = world["local"]
    provider = app.provider
    browser = Browser(app.base)
    provider.fault("request_token", "status", status=503, times=9)
    failed = browser.begin().answer
    assert failed.status == 503
    provider.reset()
    assert labels(failed) == ["Try again", "Close"]
    action = re.findall(r'<form method="post" action="([^"]+)">', failed.text)
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', failed.text))
    assert (action, fields) == (["/auth/twitter"], {"mode": "popup", "return_to": ""})
    assert '<meta name="referrer" content="same-origin">' in failed.text
    started = browser.submit(action[0], fields)
    landed = browser.come_back(provider.approve(started.send_to.partition("oauth_token=")[2]))
    assert re.match(r"/auth/twitter/done\?login=[\w-]{22}#", landed.header("location") or "")
    assert browser.account()["handle"] == "ada"


def test_in_this_tab_it_comes_back_to_the_page(world: dict[str, _App]) -> None:
    app = world["local"]
    provider = app.provider
    browser = Browser(app.base)
    provider.fault("request_token", "status", status=503, times=9)
    failed = browser.begin(mode="page", return_to="/settings?a=1&b=2").answer
    provider.reset()
    assert labels(failed) == ["Try again", "Back"]
    assert 'name="mode" value="page"' in failed.text
    assert 'name="return_to" value="/settings?a=1&amp;b=2"' in failed.text
    assert 'href="/settings?a=1&amp;b=2"' in failed.text
    assert labels(browser.visit("/auth/twitter/failed?code=provider_unavailable")) == ["Try again", "Back"]


def test_where_a_new_start_is_not_the_same_one(world: dict[str, _App]) -> None:
    """With a session the login may have been a link, and this page would sign in; a token reaches no page of ours."""
    signed_in = Browser(world["public"].base)
    signed_in.cookies["__Host-valetkey-session"] = "x"
    assert labels(page(world["public"], "provider_unavailable", signed_in)) == ["Close"]
    assert labels(page(world["token"], "provider_unavailable")) == ["Close"]
    assert labels(page(world["token"], "expired")) == ["Back"]


def test_the_right_address_is_a_link(world: dict[str, _App]) -> None:
    app = world["local"]
    wrong = app.base.replace("127.0.0.1", "localhost")
    answer = Browser(app.base, origin=wrong).begin().answer
    assert answer.status == 403
    assert labels(answer)[0] == f"Open {app.base}/"
    assert f'<a class="button" href="{app.base}/">' in answer.text
    sly = Pages(prefix="/auth").failed(WrongHost("x", url='http://localhost/"><script>'))
    assert '"><script>' not in sly


@pytest.mark.parametrize("names", [list(OLD), ["failed.html"], ["failed-close.html", "failed-back.html"]])
def test_templates_of_the_version_before(tmp_path: Path, names: list[str]) -> None:
    """Each alone and all together: every page is made, and its way on works."""
    for name in names:
        (tmp_path / name).write_text(OLD[name])
    pages = Pages(prefix="/auth", templates=tmp_path, title="Ours")
    assert "href" in pages.begin(provider=X, continue_url="https://x.test/")
    assert "data-login" in pages.done(provider=X, login_id="A" * 22)
    assert pages.finishing()
    for code in known_errors():
        failed = pages.failed(error_by_code(code), again=X if error_by_code(code).can_retry else None)
        assert "data-close" in failed
        assert ('action="/auth/twitter"' in failed) == error_by_code(code).can_retry
        assert "/auth/popup.js" in failed
    assert "href='/back'" in pages.failed(error_by_code("denied"), back="/back") or "failed-back.html" not in names


def test_a_request_is_answered_alike_for_all(world: dict[str, _App]) -> None:
    """``GET errors`` explains every code, with nothing of the request in it and no script."""
    app = world["public"]
    plain = Browser(app.base).visit("/auth/errors")
    other = Browser(app.base).request(
        "GET", "/auth/errors?code=canary", headers={"Accept": "application/json", "Cookie": "a=canary", "Origin": "x"}
    )
    assert plain.status == other.status == 200
    assert plain.body == other.body
    assert plain.header("content-type") == "text/html; charset=utf-8"
    assert "default-src 'none'" in (plain.header("content-security-policy") or "")
    assert "<script" not in plain.text
    for code, kind in known_errors().items():
        section = plain.text.partition(f'<section id="{code}">')[2].partition("</section>")[0]
        for said in (str(kind.status), kind.message, kind.hint):
            assert said in unescape(section), code


@pytest.mark.parametrize("name", ["errors", "report", "providers", "session", "sessions", "unlink"])
def test_no_provider_has_the_name_of_a_route(name: str) -> None:
    with pytest.raises(SettingsError, match="this path is taken"):
        Settings(secrets=(Secret("s" * 48),), providers=(replace(X, name=name),), url="https://app.example")


def test_accepting_html_is_what_makes_a_page(world: dict[str, _App]) -> None:
    """A failed start answers JSON to a script, with the same cookie."""
    browser = Browser(world["local"].base)
    asked = browser.submit("/auth/nobody", {"login": "A" * 22}, Accept="application/json")
    assert (asked.code, asked.json()["error"]["developer"]) == ("unknown_provider", True)
    shown = browser.submit("/auth/nobody", {"login": "A" * 22}, Accept=HTML)
    assert "<html" in shown.text
    assert len(shown.all("set-cookie")) == len(asked.all("set-cookie")) == 1
