"""Flask and Django apps that are public below a path: real logins, in each of the ways in which people do that."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.mounted import live
from support.mounts_wsgi import ASGI, DAPHNE, DJANGO, FLASK, GUNICORN, MIGRATED, WSGI, Mounted, running

ALL = [*FLASK, *DJANGO]


@pytest.mark.parametrize("mounted", ALL, ids=[f"{one.framework}, {one.name}" for one in ALL])
def test_a_login_below_a_path(mounted: Mounted, tmp_path: Path) -> None:
    with running(mounted, tmp_path) as (browser, provider, app):
        try:
            live(browser, provider)
        except AssertionError as fault:
            fault.add_note(app.server.log)
            raise
        assert "Traceback" not in app.server.log


def django(name: str, *command: str, **env: str) -> Mounted:
    return Mounted(name=name, framework="django", command=(*MIGRATED, *command), public="", env=env)


SEVERS = {"OUTERMOST": "django_app.severing.severs"}
STOPPED = [
    (django("gunicorn, a middleware that severs", *GUNICORN, WSGI, **SEVERS), "", "Cross-Origin-Opener-Policy"),
    (django("daphne, a middleware that severs", *DAPHNE, ASGI, **SEVERS), "", "Cross-Origin-Opener-Policy"),
    (
        django("gunicorn, SCRIPT_NAME that the address lacks", *GUNICORN, "--env", "SCRIPT_NAME=/app", WSGI),
        "/app",
        "VALETKEY_URL=",
    ),
]


@pytest.mark.parametrize(("mounted", "before", "says"), STOPPED, ids=[one[0].name for one in STOPPED])
def test_before_the_first_request_django_says_what_is_wrong(
    mounted: Mounted, before: str, says: str, tmp_path: Path
) -> None:
    """No check has ever run. The sentence is in the log from the first request on, and on the page. Other pages are
    answered."""
    with running(mounted, tmp_path) as (browser, _, app):
        assert browser.request("GET", f"{before}/health").status == 200
        assert (says in app.server.log) == (not before)  # only a request for the routes shows where they are
        page = browser.visit(f"{before}/auth/twitter/failed?code=expired")
        assert page.status == 500
        assert says in page.text
        assert browser.request("GET", f"{before}/auth/client.js").status == 500
        assert browser.request("GET", f"{before}/api/maybe").status == (200 if before else 500)
        lines = [line for line in app.server.log.splitlines() if "sign-in does not work in this app" in line]
        assert len(lines) == 1
        assert says in lines[0]


def test_without_the_middleware_the_log_says_so_at_first_use(tmp_path: Path) -> None:
    forgotten = "valetkey.frameworks.django.middleware.SignInMiddleware"
    with running(django("gunicorn", *GUNICORN, WSGI, FORGOTTEN=forgotten), tmp_path) as (browser, _, app):
        assert browser.request("GET", "/auth/session").json() == {"account": None}
        assert browser.request("GET", "/auth/session").status == 200
        assert app.server.log.count("valetkey.W001: SignInMiddleware is not in MIDDLEWARE") == 1
