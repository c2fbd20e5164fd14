"""C11: no code and no verifier in the access log of any server, also where a middleware answers in our place, or passes
on a copy of the request. Each log does print the query of another route."""

from __future__ import annotations

import http.client
import logging
import time
from pathlib import Path

import pytest
from frameworks.cells import Cell, CellServer
from support import PYTHONPATH
from support.servers import SECRET, free_port
from support.written import blocks_of

ASGI, SOCKETS = "support.recorded.asgi_app:app", "support.recorded.socket_app"
GUNICORN = ("-m", "gunicorn", "--bind", "127.0.0.1:{port}", "--access-logfile", "-", f"{SOCKETS}:app")
FULL = "%({raw_uri}e)s %({query_string}e)s %(q)s %(r)s"
SERVERS = {
    "uvicorn": ("-m", "uvicorn", "--port", "{port}", "--log-level", "trace", ASGI),
    "daphne": ("-m", "daphne", "-p", "{port}", ASGI),
    "hypercorn": (
        *("-m", "hypercorn", "--bind", "127.0.0.1:{port}", "--access-logfile", "-"),
        *("--access-logformat", "%(R)s %(Uq)s %(q)s", ASGI),
    ),
    "granian": (
        *("-m", "granian", "--interface", "asgi", "--port", "{port}", "--access-log"),
        *("--access-log-fmt", "%(path)s?%(query_string)s", ASGI),
    ),
    "granian-wsgi": (
        *("-m", "granian", "--interface", "wsgi", "--port", "{port}", "--access-log"),
        *("--access-log-fmt", "%(path)s?%(query_string)s", f"{SOCKETS}:app"),
    ),
    "gunicorn": (*GUNICORN[:-1], "--access-logformat", FULL, GUNICORN[-1]),
    "gunicorn-gevent": (*GUNICORN, "--worker-class", "gevent"),
    "sockets-eventlet": ("-m", SOCKETS, "{port}"),
    "sockets-gevent": ("-m", SOCKETS, "{port}"),
}
CALLBACK = "/auth/twitter?oauth_token={0}-token&oauth_verifier={0}-verifier"


def get(port: int, target: str, **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", target, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


@pytest.mark.parametrize("name", SERVERS)
def test_an_access_log_prints_no_callback(name: str, tmp_path: Path) -> None:
    port = free_port()
    mode = name.rpartition("-")[2] if "-" in name else "threading"
    env = {
        "PYTHONPATH": PYTHONPATH,
        "EVENTLET_NO_GREENDNS": "yes",  # which imports trio where it is installed, and trio cannot be patched
        "SOCKETS": mode if mode in ("eventlet", "gevent") else "threading",
        "TWITTER_CONSUMER_KEY": "key",
        "TWITTER_CONSUMER_SECRET": "consumer-secret-canary",
        "TWITTER_CALLBACK_URL": f"http://127.0.0.1:{port}/auth/twitter",
        "VALETKEY_SECRET": SECRET,
        "VALETKEY_DATABASE": f"sqlite:///{tmp_path}/app.db",
    }
    server = CellServer(Cell(framework="fastapi", server=name, command=SERVERS[name]), port, env)
    try:
        assert get(port, CALLBACK.format("first-canary")) == 409
        assert get(port, CALLBACK.format("second-canary"), **{"X-Before": "1"}) == 503
        assert get(port, "/auth/nowhere?code=third-canary") == 404
        assert get(port, "/authors?page=control-canary") == 404
        deadline = time.monotonic() + 20
        while "control-canary" not in server.log and time.monotonic() < deadline:
            time.sleep(0.01)  # some write the line after the answer
    finally:
        server.stop()
    assert "control-canary" in server.log
    assert server.log.count("/auth/twitter") >= 2
    for canary in ("first-canary", "second-canary", "third-canary", "consumer-secret-canary", SECRET):
        assert canary not in server.log


def test_a_log_of_ones_own(caplog: pytest.LogCaptureFixture) -> None:
    """The lines of docs/logs.md, and each way in which a line may have its query."""
    exec(blocks_of("docs/logs.md")["filter"], {})
    mine, others = logging.getLogger("my_app.requests"), logging.getLogger("my_app.others")
    caplog.set_level("INFO")
    arguments = {"path": "/auth/twitter", "query_string": "code=the-canary", "kept": "/mine?page=2"}
    for logger in (mine, others):
        logger.info("%s %s", "/auth/twitter?code=the-canary", 200)
        logger.info("GET /auth/twitter?code=the-canary HTTP/1.1")
        logger.info("%(path)s?%(query_string)s %(kept)s", arguments)
    of_mine = [one.getMessage() for one in caplog.records if one.name == mine.name]
    assert of_mine == ["/auth/twitter 200", "GET /auth/twitter HTTP/1.1", "/auth/twitter? /mine?page=2"]
    assert arguments["query_string"] == "code=the-canary"
    assert sum("the-canary" in one.getMessage() for one in caplog.records if one.name == others.name) == 3
