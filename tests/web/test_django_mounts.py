"""Where a Django project may have our routes, and what ``manage.py check`` says of each."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import trio
from support import django_site

django_site.configure()

from django.conf.urls.i18n import i18n_patterns  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.template import Context, Template  # noqa: E402
from django.test import Client, RequestFactory, override_settings  # noqa: E402
from django.urls import URLResolver, include, path, re_path  # noqa: E402
from django.utils.translation import gettext_lazy  # noqa: E402

from valetkey.errors import Misconfigured, SettingsError  # noqa: E402
from valetkey.frameworks.django import conf, session_of, starting  # noqa: E402
from valetkey.frameworks.django.asgi import get_asgi_application  # noqa: E402
from valetkey.testing import Sandbox  # noqa: E402

from .test_django_checks import found  # noqa: E402

OURS = "valetkey.frameworks.django.urls"
ORIGIN = "http://127.0.0.1:8000"
EN = {"USE_I18N": True, "LANGUAGE_CODE": "en", "LANGUAGES": [("en", "English"), ("de", "Deutsch")]}
LOCALE = "django.middleware.locale.LocaleMiddleware"
WITH_LOCALE = [*django_site.MIDDLEWARE[:2], LOCALE, *django_site.MIDDLEWARE[2:]]


@pytest.fixture(autouse=True)
def environment(valetkey_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    conf.forget()
    for name, value in (valetkey_sandbox.environment | {"VALETKEY_DATABASE": f"sqlite:///{tmp_path}/app.db"}).items():
        monkeypatch.setenv(name, value)
    yield
    conf.forget()


def urlconf(*patterns: Any) -> Any:
    """A setting for ``ROOT_URLCONF``."""
    module = ModuleType("urls_of_a_test")
    module.urlpatterns = list(patterns)  # type: ignore[attr-defined]
    return module


def at(callback: str | None = None, url: str = "") -> dict[str, str]:
    return {"URL": url, "TWITTER_CALLBACK_URL": f"{ORIGIN}{callback}/twitter" if callback else ""}


def elsewhere(request: HttpRequest, **_: str) -> HttpResponse:
    return HttpResponse("the app's own page")


ANYWHERE = {
    "a namespace of the app's own": (path("x/", include((OURS, "valetkey"), namespace="other")), "/x"),
    "with the instance of a namespace": (path("x/", include(OURS, namespace="other")), "/x"),
    "in another app's namespaced urls": (
        path("account/", include(([path("in/", include(OURS))], "account"), namespace="account")),
        "/account/in",
    ),
    "a regular expression": (re_path(r"^account/in/", include(OURS)), "/account/in"),
}


@pytest.mark.parametrize(("pattern", "where"), ANYWHERE.values(), ids=ANYWHERE)
def test_anywhere_in_the_urlconf(pattern: URLResolver, where: str) -> None:
    """Check passes, and the routes answer. The tags name them, whatever the namespace is called."""
    with override_settings(ROOT_URLCONF=urlconf(pattern), VALETKEY=at(where)):
        assert found() == {}
        assert Client(headers={"host": "127.0.0.1"}).get(f"{where}/session").json() == {"account": None}
        assert f'src="{where}/client.js"' in Template("{% load valetkey %}{% sign_in_button %}").render(Context())
    with override_settings(ROOT_URLCONF=urlconf(pattern), VALETKEY=at("/elsewhere")):
        assert f"the urlconf has them at {where}/" in found()["E004"]


def test_below_a_path_of_the_servers_in_any_namespace() -> None:
    pattern = path("x/", include((OURS, "valetkey"), namespace="other"))
    with override_settings(ROOT_URLCONF=urlconf(pattern), VALETKEY=at("/app/x")):
        assert found() == {}
        assert 'src="/app/x/client.js"' in Template("{% load valetkey %}{% sign_in_button %}").render(Context())
    with override_settings(ROOT_URLCONF=urlconf(path("auth/", include(OURS))), VALETKEY=at(url=f"{ORIGIN}/app")):
        assert found() == {}


def test_two_places_of_which_the_callback_names_one() -> None:
    both = (path("first/", include(OURS)), path("second/", include((OURS, "valetkey"), namespace="second")))
    with override_settings(ROOT_URLCONF=urlconf(*both), VALETKEY=at("/second")):
        assert found() == {}


@pytest.mark.parametrize("prefixed", [True, False])
def test_a_language_in_the_address(prefixed: bool) -> None:
    """A provider has one callback URL, in every language."""
    patterns = i18n_patterns(path("auth/", include(OURS)), prefix_default_language=prefixed)
    with override_settings(ROOT_URLCONF=urlconf(*patterns), MIDDLEWARE=WITH_LOCALE, VALETKEY=at("/auth"), **EN):
        said = found()
    assert list(said) == ["E004"]
    assert "i18n_patterns" in said["E004"]
    assert 'Move path("auth/", include("valetkey.frameworks.django.urls")) out of i18n_patterns()' in said["E004"]


def test_a_translated_address() -> None:
    patterns = path(gettext_lazy("auth/"), include(OURS))  # type: ignore[arg-type]
    with override_settings(ROOT_URLCONF=urlconf(patterns), VALETKEY=at("/auth"), **EN):
        assert "depends on the language" in found()["E004"]


def test_an_address_with_a_parameter() -> None:
    with override_settings(ROOT_URLCONF=urlconf(path("<slug:team>/auth/", include(OURS))), VALETKEY=at("/auth")):
        assert "has a parameter" in found()["E004"]


@pytest.mark.parametrize("settings", [at("/auth"), at(url=ORIGIN)])
@pytest.mark.parametrize("pattern", [path("auth", include(OURS)), re_path("^auth", include(OURS))])
def test_no_slash_at_the_end_of_the_path(pattern: URLResolver, settings: dict[str, str]) -> None:
    with override_settings(ROOT_URLCONF=urlconf(pattern), VALETKEY=settings):
        said = found()["E004"]
    assert "at addresses such as /authtwitter" in said
    assert 'Write path("auth/", include("valetkey.frameworks.django.urls")).' in said
    with override_settings(ROOT_URLCONF=urlconf(path("auth/", include(OURS)), pattern), VALETKEY=settings):
        assert found() == {}


def test_no_middleware_sends_our_addresses_elsewhere() -> None:
    """Not to a language, and not to a slash: also where our answer is 404."""
    patterns = [path("auth/", include(OURS)), *i18n_patterns(path("<path:page>", elsewhere))]
    options = {"MIDDLEWARE": WITH_LOCALE, "APPEND_SLASH": True, **EN}
    with override_settings(ROOT_URLCONF=urlconf(*patterns), VALETKEY=at("/auth"), **options):
        assert found() == {}
        client = Client(headers={"host": "127.0.0.1"})
        assert client.get("/pages").status_code == 302  # the control
        for address, status in (("/auth/session", 200), ("/auth/nothing", 404), ("/auth/twitter/nothing", 404)):
            answer = client.get(address)
            assert (answer.status_code, answer.headers.get("Location")) == (status, None)


@pytest.mark.parametrize("path", ["/auth/twitter", "/app/auth/twitter", "/other"])
def test_a_login_lands_after_its_browser_has_gone(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below a path, too: some servers repeat ``root_path`` in the path, and some do not."""
    left: list[bool] = []

    async def project(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                left.append((await receive())["type"] == "http.disconnect")

    async def receive() -> dict[str, object]:
        return messages.pop(0)

    messages = [{"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}]
    monkeypatch.setattr("django.core.asgi.get_asgi_application", lambda: project)
    monkeypatch.setattr(conf, "uses_our_asgi", False)
    with override_settings(VALETKEY=at(url=f"{ORIGIN}/app")):
        application = get_asgi_application()
        asyncio.run(application({"type": "http", "path": path, "root_path": "/app"}, receive, None))
    assert left == ([True] if path == "/other" else [])


def test_in_the_event_loop_of_trio_a_server_does_not_start() -> None:
    """Django fails there by itself at each request, without a word of what to do. So our sentence comes first."""
    sent: list[Any] = []

    async def receive() -> dict[str, object]:
        sent.append("asked")
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        sent.append(message)

    trio.run(get_asgi_application(), {"type": "lifespan"}, receive, send)
    asked, failed = sent  # a server may wait until it is asked
    assert asked == "asked"
    assert failed["type"] == "lifespan.startup.failed"
    assert "valetkey needs asyncio, and this server runs" in failed["message"]
    with pytest.raises(SettingsError, match="valetkey needs asyncio"):  # a server that asks for no lifespan
        trio.run(get_asgi_application(), {"type": "http", "path": "/page"}, receive, send)


def test_the_whole_path_arrives_and_the_urlconf_has_a_part_of_it(caplog: pytest.LogCaptureFixture) -> None:
    with override_settings(VALETKEY=at(url=f"{ORIGIN}/app")):
        client = Client(headers={"host": "127.0.0.1"})
        answer = client.get("/app/auth/client.js")
        assert answer.status_code == 500
        assert "SCRIPT_NAME=/app" in str(answer.json())
        assert client.get("/app/elsewhere").status_code == 404
    assert [one for one in caplog.messages if 'path("app/auth/", include(' in one and "SCRIPT_NAME=/app" in one]


def test_urls_and_middleware_are_forgotten(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing of ours runs until a view asks who is signed in. Then both are said, and the view gets an error."""
    monkeypatch.setattr(starting, "_is_exempt", lambda: False)
    monkeypatch.setattr(starting, "_logged", threading.Event())
    without = [one for one in django_site.MIDDLEWARE if "valetkey" not in one]
    with override_settings(ROOT_URLCONF=urlconf(path("page", elsewhere)), MIDDLEWARE=without, VALETKEY=at("/auth")):
        with pytest.raises(Misconfigured):
            session_of(RequestFactory().get("/page"))
        with pytest.raises(Misconfigured):  # also a moment later, without another check
            session_of(RequestFactory().get("/page"))
    assert len([one for one in caplog.messages if one.startswith("valetkey.W001: ")]) == 1
    (said,) = [one for one in caplog.messages if "this app does not have them" in one]
    assert 'path("auth/", include("valetkey.frameworks.django.urls"))' in said


def test_a_site_that_sends_http_to_https() -> None:
    """The check asks as the proxy's requests arrive: by https, without the proxy's header."""
    secure = {"SECURE_SSL_REDIRECT": True, "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}
    address = {
        "URL": "https://app.example.com/app",
        "TWITTER_CALLBACK_URL": "",
        "TWITTER_API": "",
        "TWITTER_BROWSER": "",
    }
    with override_settings(VALETKEY=address, **secure):
        assert found() == {}


def test_force_script_name_is_the_path_before_the_routes() -> None:
    with override_settings(FORCE_SCRIPT_NAME="/app"):
        with override_settings(VALETKEY=at("/app/auth")):
            assert found() == {}
        with override_settings(VALETKEY=at("/auth")):
            assert "FORCE_SCRIPT_NAME" in found()["E004"]
        with override_settings(VALETKEY=at("/other/auth")):
            assert "FORCE_SCRIPT_NAME" in found()["E004"]
