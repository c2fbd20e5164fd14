"""Flask keeps the contract."""

from __future__ import annotations

from frameworks.cells import EVENTLET, GUNICORN, OLDEST, UWSGI, Cell
from frameworks.contract import inherit

APP = ("flask_app:create_app()",)
THREADS = ("--worker-class", "gthread", "--threads", "8")
CELLS = [
    Cell(framework="flask", server="gunicorn gthread", command=(*GUNICORN, *THREADS, *APP), whole=True),
    Cell(framework="flask", server="gunicorn sync", command=(*GUNICORN, *APP), threads=False),
    Cell(framework="flask", server="gunicorn gevent", command=(*GUNICORN, "--worker-class", "gevent", *APP)),
    Cell(framework="flask", server="eventlet", command=(*EVENTLET, *APP)),
    Cell(
        framework="flask",
        server="gunicorn --preload, 2 workers",
        processes=2,
        command=(*GUNICORN, "--preload", "--workers", "2", *APP),
    ),
    Cell(
        framework="flask",
        server="gunicorn gevent, --preload",
        command=(*GUNICORN, "--preload", "--worker-class", "gevent", *APP),
    ),
    Cell(
        framework="flask",
        server="uWSGI",
        command=(*UWSGI, "--module", "flask_app", "--callable", "create_app()"),
        threads=False,
    ),
    Cell(
        framework="flask", server="flask run", command=("-m", "flask", "--app", "flask_app", "run", "--port", "{port}")
    ),
    Cell(framework="flask", server="gunicorn gthread", command=(*GUNICORN, *THREADS, *APP), python=OLDEST),
]
inherit(globals())
