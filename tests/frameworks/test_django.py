"""Django keeps the contract: with the usual middleware, and with a transaction around each request."""

from __future__ import annotations

from frameworks.cells import GUNICORN, OLDEST, UVICORN, UWSGI, Cell
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
    ),
    Cell(framework="django", server="gunicorn sync", command=(*START, *GUNICORN, *WSGI), threads=False),
    Cell(framework="django", server="gunicorn gevent", command=(*START, *GUNICORN, "--worker-class", "gevent", *WSGI)),
    Cell(
        framework="django",
        server="gunicorn --preload, 2 workers",
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
