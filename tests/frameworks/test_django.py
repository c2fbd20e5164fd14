"""Django keeps the contract: with the usual middleware, and with a transaction around each request."""

from __future__ import annotations

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.octets import UNICODE_SPACE
from support.servers import App

from frameworks.adapter import Browse, Land
from frameworks.cells import EVENTLET, GUNICORN, OLDEST, UVICORN, UWSGI, Cell
from frameworks.contract import inherit

START = ("-m", "django_app.migrated")
WSGI = ("django_app.wsgi:application",)
THREADS = ("--worker-class", "gthread", "--threads", "8")
CELLS = [
    Cell(framework="django", server="gunicorn gthread", command=(*START, *GUNICORN, *THREADS, *WSGI), whole=True),
    Cell(framework="django", server="uvicorn", command=(*START, *UVICORN, "django_app.asgi:application"), whole=True),
    Cell(
        framework="django",
        server="runserver",
        command=(*START, "-m", "django", "runserver", "--noreload", "127.0.0.1:{port}"),
        # For development, on http, where cookies have no prefix and another port may set ours by its very name.
        edges=UNICODE_SPACE,
    ),
    Cell(framework="django", server="gunicorn sync", command=(*START, *GUNICORN, *WSGI), threads=False),
    Cell(framework="django", server="gunicorn gevent", command=(*START, *GUNICORN, "--worker-class", "gevent", *WSGI)),
    Cell(framework="django", server="eventlet", command=(*START, *EVENTLET, *WSGI)),
    Cell(
        framework="django",
        server="gunicorn --preload, 2 workers",
        processes=2,
        command=(*START, *GUNICORN, "--preload", "--workers", "2", *WSGI),
    ),
    Cell(
        framework="django",
        server="uWSGI",
        command=(*START, *UWSGI, "--module", *WSGI),
        threads=False,
    ),
    Cell(
        framework="django",
        server="gunicorn gthread",
        command=(*START, *GUNICORN, *THREADS, *WSGI),
        python=OLDEST,
    ),
]
inherit(globals())


def test_no_connection_is_left_open(app: App, browser: Browse, sign_in: Land, person: dict[str, str]) -> None:
    """Django gives a request a thread of its own under ASGI, and each thread has its connection to the database."""
    profile = browser()
    sign_in(profile, **person)
    names = [str(app.database), str(app.database.with_name("django.db"))]

    def open_files() -> int:
        processes = [app.server.process.pid, *children_of(app.server.process.pid)]
        links = (link for pid in processes for link in Path(f"/proc/{pid}/fd").iterdir())
        return sum(where(link).startswith(tuple(names)) for link in links)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: profile.me().status, range(200))) == {200}
    deadline = time.monotonic() + 10
    # Eight threads of gunicorn's keep theirs: of each database a file, its log and its index.
    while (left := open_files()) > 8 * 2 * 3 + 6:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def where(link: Path) -> str:
    """Where a link leads. It may be gone: the server closes files while they are counted."""
    try:
        return os.readlink(link)
    except FileNotFoundError:
        return ""


def children_of(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "--parent", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(one) for one in found.split()]
