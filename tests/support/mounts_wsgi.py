"""The Flask and Django apps of ``frameworks/apps`` at a public path, in every way in which WSGI people put them there:
one table, from which tests start real servers. What ``tests/deploy/test_table.py`` plays is not played again here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from frameworks.cells import NEWEST, UVICORN, UWSGI, Cell, CellApp

from support.mounted import MountedBrowser, taking_away
from support.servers import Provider, free_port

GUNICORN = ("-m", "gunicorn", "--bind", "127.0.0.1:{port}", "--access-logfile", "-")
MIGRATED = ("-m", "django_app.migrated")


@dataclass(frozen=True, kw_only=True)
class Mounted:
    """One way.

    Args:
        name: of the test.
        command: the server's, as in ``Cell``.
        public: the public path of the app.
        routes: the public path of the routes. Default: ``/auth`` below ``public``.
        front: ``strips``: a proxy takes the path away; ``says``: and names it in ``X-Forwarded-Prefix``. Empty: there
            is no proxy.
        python: the interpreter of the newest versions, or of the oldest ones.
        env: variables of the app; ``{url}`` in them is the public address of the host.
    """

    name: str
    command: tuple[str, ...]
    framework: str = "flask"
    public: str = "/app"
    routes: str = ""
    front: str = ""
    python: str = NEWEST
    env: dict[str, str] = field(default_factory=dict)


SCRIPT_NAME = {"SCRIPT_NAME": "/app"}
GTHREAD = ("--worker-class", "gthread", "--threads", "8")

FLASK = [
    Mounted(name="ProxyFix", command=(*GUNICORN, *GTHREAD, "flask_mounted:behind_proxy()"), front="says"),
    Mounted(name="SCRIPT_NAME", command=(*GUNICORN, "--env", "SCRIPT_NAME=/app", "flask_app:create_app()")),
    Mounted(name="blueprints below the path", command=(*GUNICORN, "flask_mounted:nested()")),
    Mounted(
        name="granian --url-path-prefix",
        command=(
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "--port",
            "{port}",
            "--url-path-prefix",
            "/app",
            "flask_uwsgi:app",
        ),
    ),
    Mounted(
        name="hypercorn --root-path",
        command=("-m", "hypercorn", "--bind", "127.0.0.1:{port}", "--root-path", "/app", "wsgi:flask_uwsgi:app"),
    ),
    Mounted(
        name="a callback URL alone",
        command=(*GUNICORN, "--env", "SCRIPT_NAME=/app", "flask_app:create_app()"),
        env={"VALETKEY_URL": "", "TWITTER_CALLBACK_URL": "{url}/app/auth/twitter"},
    ),
]

WSGI, ASGI = "django_app.wsgi:application", "django_app.asgi:application"
DAPHNE = ("-m", "daphne", "-b", "127.0.0.1", "-p", "{port}")
FORCED = {"FORCE_SCRIPT_NAME": "/app"}
NAMESPACED = {
    "URLS": "django_app.namespaced_urls",
    "VALETKEY_URL": "",
    "TWITTER_CALLBACK_URL": "{url}/app/account/in/twitter",
}
DJANGO = [
    Mounted(name="SCRIPT_NAME", framework="django", command=(*MIGRATED, *GUNICORN, "--env", "SCRIPT_NAME=/app", WSGI)),
    Mounted(
        name="uWSGI mount, in another app's namespace",
        framework="django",
        command=(*MIGRATED, *UWSGI, "--manage-script-name", "--mount", f"/app={WSGI}"),
        routes="/app/account/in",
        env=NAMESPACED,
    ),
    Mounted(
        name="FORCE_SCRIPT_NAME",
        framework="django",
        command=(*MIGRATED, *GUNICORN, *GTHREAD, WSGI),
        front="strips",
        env=FORCED,
    ),
    Mounted(name="a silent proxy", framework="django", command=(*MIGRATED, *GUNICORN, WSGI), front="strips"),
    Mounted(
        name="uvicorn --root-path",
        framework="django",
        command=(*MIGRATED, *UVICORN, "--root-path", "/app", ASGI),
        front="strips",
    ),
    Mounted(
        name="hypercorn --root-path",
        framework="django",
        command=(*MIGRATED, "-m", "hypercorn", "--bind", "127.0.0.1:{port}", "--root-path", "/app", ASGI),
    ),
    Mounted(
        name="granian --url-path-prefix",
        framework="django",
        command=(
            *MIGRATED,
            "-m",
            "granian",
            "--interface",
            "asgi",
            "--port",
            "{port}",
            "--url-path-prefix",
            "/app",
            ASGI,
        ),
    ),
    Mounted(
        name="daphne --root-path",
        framework="django",
        command=(*MIGRATED, *DAPHNE, "--root-path", "/app", ASGI),
        front="strips",
    ),
]


@contextmanager
def running(
    mounted: Mounted, directory: Path, provider: Provider | None = None
) -> Iterator[tuple[MountedBrowser, Provider, CellApp]]:
    """The app under its server, behind its proxy, and a browser. The provider is the app's own, or one of many apps."""
    port = free_port()
    app_port = free_port() if mounted.front else port
    url = f"http://127.0.0.1:{port}"
    routes = mounted.routes or f"{mounted.public}/auth"
    callback = f"{url}{routes}/twitter"
    env = {"VALETKEY_URL": "{url}" + mounted.public, "TWITTER_CALLBACK_URL": "", **mounted.env}
    with ExitStack() as stack:
        if provider is None:
            provider = Provider(callback)
            stack.callback(provider.stop)
        else:
            provider.serves(callback)
        if mounted.front:
            stack.enter_context(taking_away(mounted.public, port, app_port, says=mounted.front == "says"))
        cell = Cell(framework=mounted.framework, server=mounted.name, command=mounted.command, python=mounted.python)
        values = {name: value.replace("{url}", url) for name, value in env.items()}
        app = CellApp(cell, provider, app_port, directory, **values)
        stack.callback(app.stop)
        yield MountedBrowser(url, mount=mounted.public, routes=routes), provider, app
