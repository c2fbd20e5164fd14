"""Under gevent a thread is a greenlet, and a wait is another's turn: also where a server loaded the app before it
patched what waits (``gunicorn --preload`` does), and locks made until then stop the whole process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import PYTHONPATH
from support.postgresql import Server, postgresql  # noqa: F401  # fixture

from valetkey.storage import migration

PATCHED = "from gevent import monkey; monkey.patch_all()\n"

TRANSPORT = """
import socket, time
from valetkey.protocols.http import HttpRequest
from valetkey.http_client.runner import ThreadRunner
from valetkey.http_client import ThreadTransport

transport, runner = ThreadTransport(), ThreadRunner()
# patched here
import gevent, threading

REPLY = b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok"
accepted = []

def serve(connection):
    while connection.recv(65536):
        gevent.sleep(0.005)
        connection.sendall(REPLY)
        if len(accepted) <= 5:  # hangs up on what lies idle
            connection.close()
            return

def accept():
    while True:
        connection, _ = server.accept()
        accepted.append(connection)
        threading.Thread(target=serve, args=(connection,), daemon=True).start()

server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=accept, daemon=True).start()
request = HttpRequest(method="POST", url=f"http://127.0.0.1:{server.getsockname()[1]}/", headers={})

def ask():
    statuses = []
    for _ in range(20):
        statuses.append(runner.run(transport.send(request, time.monotonic() + 5)).status)
        gevent.sleep(0.001)
    return statuses

asking = [gevent.spawn(ask) for _ in range(10)]
gevent.joinall(asking, raise_error=True)
assert [one.value for one in asking] == [[200] * 20] * 10
assert 5 < len(accepted) < 40, len(accepted)  # and connections were used again
print("well")
"""

CONNECTING = """
import socket, time
from valetkey.protocols.http import HttpRequest
from valetkey.http_client.runner import ThreadRunner
from valetkey.http_client import ThreadTransport

transport, runner = ThreadTransport(), ThreadRunner()
# patched here
import gevent
from support.deaf import answers, deaf
from support.scripted import reply, scripted

DEAD = ("127.0.0.2", "127.0.0.3", "127.0.0.4")

def getaddrinfo(host, port, family=0, *more):
    gevent.sleep(0.2)  # a name server's answer
    return [one for one in answers([*DEAD, "127.0.0.1"], port) if family in (0, one[0])]

socket.getaddrinfo = getaddrinfo
ticks = []

def tick():
    while True:
        ticks.append(time.monotonic())
        gevent.sleep(0.01)

gevent.spawn(tick)
with scripted(forever=reply(b"ok")) as server, deaf(server.port, *DEAD):
    request = HttpRequest(method="POST", url=server.url, headers={})
    began = time.monotonic()
    asking = [gevent.spawn(lambda: runner.run(transport.send(request, time.monotonic() + 5))) for _ in range(5)]
    gevent.joinall(asking, raise_error=True)
    assert [one.value.body for one in asking] == [b"ok"] * 5
    assert time.monotonic() - began < 3  # together, not one after the other
longest = max(later - earlier for earlier, later in zip(ticks, ticks[1:]))
assert longest < 0.5, longest  # others had their turn meanwhile
assert len(ticks) > 20
print("well")
"""

LOCK = """
from valetkey.http_client.runner import ThreadRunner

runner = ThreadRunner()
lock, inside = runner.lock(), []
# patched here
import gevent

async def enter(number):
    async with lock.held():
        inside.append(number)
        gevent.sleep(0.01)  # a database's answer
        assert inside[-1] == number

asking = [gevent.spawn(runner.run, enter(number)) for number in range(10)]
gevent.joinall(asking, raise_error=True)
assert sorted(inside) == list(range(10))
print("well")
"""

STORE = """
import os
from valetkey.http_client.runner import ThreadRunner
from valetkey.storage import open_store
from valetkey.storage.base import Lease

runner = ThreadRunner()
store = open_store(os.environ["DATABASE"], blocking=True)
# patched here
import gevent

def work(number):
    for turn in range(20):
        claim = runner.run(store.claim(Lease(f"{number} {turn}", "owner")))
        assert claim.mine
        runner.run(store.revocations())
        gevent.sleep(0)
    return True

working = [gevent.spawn(work, number) for number in range(30)]
gevent.joinall(working, raise_error=True)
assert [one.value for one in working] == [True] * 30
print("well")
"""


early = pytest.mark.parametrize("early", [True, False], ids=["patched at once", "patched after"])


@early
@pytest.mark.parametrize("script", [TRANSPORT, CONNECTING, LOCK], ids=["transport", "connecting", "lock"])
def test_nothing_stands_still(script: str, early: bool) -> None:
    play(script, early, "")


@early
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_stores(kind: str, early: bool, postgresql: Server, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/app.db"
    if kind == "postgresql":
        database = postgresql.in_schema(postgresql.new_schema())
        migration(database).apply()
    play(STORE, early, database)


def play(script: str, early: bool, database: str) -> None:
    text = (PATCHED if early else "") + (script if early else script.replace("# patched here\n", PATCHED))
    # gevent warns of what was imported before it patched; that is the case that is tested.
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", text],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={"PATH": os.environ["PATH"], "DATABASE": database, "PYTHONPATH": PYTHONPATH},
    )
    assert ran.stdout == "well\n", ran.stderr
