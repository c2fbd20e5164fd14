"""The table of docs/deploy/README.md: each framework, mount and server, and how the three are put together.

A row is a framework and a server, a column is a mount. What makes no sense, such as a sub-app of a server that takes
one app alone, is no cell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from frameworks.cells import EVENTLET, UWSGI

from .mounts_wsgi import Mounted

GUNICORN = ("-m", "gunicorn", "--bind", "127.0.0.1:{port}")
BELOW = "/app"

MOUNTS = {
    "root": "the app is at the root of its host",
    "server's path": "the server has the path: `--root-path`, `SCRIPT_NAME`, `--url-path-prefix`, `--mount`, a base "
    "path",
    "proxy says": "a proxy takes the path away, and the app knows: `FastAPI(root_path=…)`, `ProxyFix(x_prefix=1)`, "
    "`FORCE_SCRIPT_NAME`",
    "silent proxy": "a proxy takes the path away, and nothing says so but `VALETKEY_URL`",
    "within": "the app itself has the path: `include_router(prefix=…)`, `Mount` with routes, `Litestar(path=…)`, "
    "nested blueprints, a namespaced `include`",
    "sub-app": "the app is a part of another one: `app.mount`, `Mount`, `DispatcherMiddleware`",
    "callback alone": "there is no `VALETKEY_URL`; the callback URL says where the routes are",
    "elsewhere": "wrong: the routes are below a path that `VALETKEY_URL` does not have",
    "forgotten": "wrong: no router, no plugin, no `init_app` or no `include`",
    "i18n": "wrong: within Django's `i18n_patterns`",
    "catch-all": "wrong: a route for every path comes first",
}
WRONG = ("elsewhere", "forgotten", "i18n", "catch-all")

Command = Callable[[str, str], tuple[str, ...]]
"""What starts a server: of an app, below a path that the server has (empty: none)."""


def _option(name: str, *start: str) -> Command:
    """The path is an option of the server, if it is any."""
    return lambda app, path: (*start, *((name, path) if path else ()), app)


def _uwsgi(app: str, path: str) -> tuple[str, ...]:
    if path:
        return (*UWSGI, "--manage-script-name", "--mount", f"{path}={UWSGI_MOUNTS.get(app, app)}")
    module, _, name = app.partition(":")
    return (*UWSGI, "--module", module, "--callable", name)


UWSGI_MOUNTS = {"flask_mounted:rooted()": "flask_uwsgi:app"}  # a mount names no function


@dataclass(frozen=True, kw_only=True)
class Server:
    """What an app runs under.

    Args:
        kind: ``asgi`` or ``wsgi``.
        front: the proxy that it needs in order to have a path, as in ``Mounted``. Some expect that one took it away.
        has_path: whether it can have one.
        of: the one framework that it comes with, if it does.
    """

    name: str
    kind: str
    command: Command
    front: str = ""
    has_path: bool = True
    of: str = ""


SERVERS = [
    Server(
        name="uvicorn",
        kind="asgi",
        command=_option("--root-path", "-m", "uvicorn", "--port", "{port}"),
        front="strips",
    ),
    Server(
        name="hypercorn",
        kind="asgi",
        command=_option("--root-path", "-m", "hypercorn", "--bind", "127.0.0.1:{port}"),
    ),
    Server(
        name="granian",
        kind="asgi",
        command=_option("--url-path-prefix", "-m", "granian", "--port", "{port}", "--interface", "asgi"),
    ),
    Server(
        name="daphne",
        kind="asgi",
        command=_option("--root-path", "-m", "daphne", "-b", "127.0.0.1", "-p", "{port}"),
        front="strips",
    ),
    Server(
        name="mangum",
        kind="asgi",
        command=lambda app, path: ("-m", "mangum_server", "{port}", app, *([path] if path else [])),
    ),
    Server(
        name="hypercorn, trio",
        kind="asgi",
        command=lambda app, _: ("-m", "hypercorn", "--worker-class", "trio", "--bind", "127.0.0.1:{port}", app),
        has_path=False,
    ),
    *(
        Server(
            name=f"gunicorn {worker}",
            kind="wsgi",
            command=lambda app, path, worker=worker: (  # type: ignore[misc]
                *GUNICORN,
                *("--worker-class", worker),
                *(("--threads", "8") if worker == "gthread" else ()),
                *(("--env", f"SCRIPT_NAME={path}") if path else ()),
                app,
            ),
        )
        for worker in ("sync", "gthread", "gevent")
    ),
    Server(name="eventlet", kind="wsgi", command=lambda app, _: (*EVENTLET, app), has_path=False),
    Server(name="uWSGI", kind="wsgi", command=_uwsgi),
    Server(
        name="flask run",
        kind="wsgi",
        command=lambda app, _: ("-m", "flask", "--app", app, "run", "--port", "{port}"),
        has_path=False,
        of="flask",
    ),
    Server(
        name="manage.py runserver",
        kind="wsgi",
        command=lambda app, _: ("-m", "django", "runserver", "--noreload", "127.0.0.1:{port}"),
        has_path=False,
        of="django",
    ),
]
FRAMEWORKS = {
    "FastAPI": ("fastapi", "asgi"),
    "Starlette": ("starlette", "asgi"),
    "Litestar": ("litestar", "asgi"),
    "Django, ASGI": ("django", "asgi"),
    "Django, WSGI": ("django", "wsgi"),
    "Flask": ("flask", "wsgi"),
}
_ASGI_SHAPES = {
    "fastapi": {
        "proxy says": "root_path",
        "within": "include",
        "sub-app": "mount",
    },
    "starlette": {"within": "mount", "sub-app": "mount app"},
    "litestar": {"within": "path", "sub-app": "in starlette"},
}
_FLASK = {
    "proxy says": "behind_proxy",
    "within": "nested",
    "sub-app": "dispatched",
    "elsewhere": "dispatched",
    "forgotten": "forgotten",
    "catch-all": "catch_all",
}
_DJANGO = {"within": "within", "forgotten": "forgotten", "i18n": "languages", "catch-all": "catch-all"}


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One cell."""

    framework: str
    server: str
    mount: str
    mounted: Mounted

    @property
    def name(self) -> str:
        return f"{self.framework}, {self.server}, {self.mount}"


def deployment(framework: str, server: Server, mount: str) -> Deployment | None:
    """How a framework is mounted under a server, or None where there is no such way."""
    name, kind = FRAMEWORKS[framework]
    if server.kind != kind or server.of not in ("", name):
        return None
    if mount == "server's path" and not server.has_path:
        return None
    if "trio" in server.name and mount != "root":
        return None  # it is refused before any mount matters
    shape = "within" if mount in ("callback alone", "elsewhere") else mount
    app_env = (
        _django(kind, shape) if name == "django" else _flask(server, mount) if name == "flask" else _asgi(name, shape)
    )
    if app_env is None:
        return None
    app, env = app_env
    public = "" if mount in ("root", "forgotten", "i18n", "catch-all") else BELOW
    url = {"VALETKEY_URL": "{url}" + ("" if mount == "elsewhere" else public)}
    if mount == "callback alone":
        url = {"VALETKEY_URL": "", "TWITTER_CALLBACK_URL": "{url}/app/auth/twitter"}
    fronts = {"silent proxy": "strips", "proxy says": "says", "server's path": server.front}
    mounted = Mounted(
        name=f"{server.name}, {mount}",
        framework=name,
        command=server.command(app, public if mount == "server's path" else ""),
        public=public,
        front=fronts.get(mount, ""),
        env={**env, **url},
    )
    return Deployment(framework=framework, server=server.name, mount=mount, mounted=mounted)


AppAndVariables = tuple[str, dict[str, str]]


def _asgi(framework: str, mount: str) -> AppAndVariables | None:
    shapes = _ASGI_SHAPES[framework]
    if mount == "i18n" or (mount == "proxy says" and mount not in shapes):
        return None
    shape = shapes.get(mount, mount if mount in ("forgotten", "catch-all") else "root")
    return "asgi_mounted:app", {"SHAPE": f"{framework} {shape}"}


def _flask(server: Server, mount: str) -> AppAndVariables | None:
    if mount == "i18n":
        return None
    shape = _FLASK.get("within" if mount == "callback alone" else mount, "rooted")
    if server.of and shape == "dispatched":
        shape = "inside"
    return f"flask_mounted:{shape}()", {}


def _django(kind: str, mount: str) -> AppAndVariables | None:
    env = {"DJANGO_SETTINGS_MODULE": "django_app.settings"}
    if mount in _DJANGO:
        env |= {"URLS": "django_app.shaped_urls", "SHAPE": _DJANGO[mount]}
    if mount == "proxy says":
        env["FORCE_SCRIPT_NAME"] = BELOW
    if mount == "sub-app":
        return f"django_app.mounted:{kind}", {**env, "MOUNTED": "django_app.mounted.wsgi"}
    return f"django_app.{kind}:application", env


ROWS = [
    (framework, server.name)
    for framework, (name, kind) in FRAMEWORKS.items()
    for server in SERVERS
    if server.kind == kind and server.of in ("", name)
]
_BY_NAME = {server.name: server for server in SERVERS}


def cell(framework: str, server: str, mount: str) -> Deployment | None:
    return deployment(framework, _BY_NAME[server], mount)


ALL = [found for framework, server in ROWS for mount in MOUNTS if (found := cell(framework, server, mount))]
