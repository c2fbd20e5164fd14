"""Under eventlet, as under gevent, a wait is another's turn: the same stories, with eventlet's names."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.postgresql import Server, postgresql  # noqa: F401  # fixture

from valetkey.storage import migration

from . import test_gevent as gevent

PATCHED = """import os
os.environ["EVENTLET_NO_GREENDNS"] = "yes"  # its resolver imports trio, which does not work with its sockets
import eventlet
eventlet.monkey_patch()
"""
NAMES = """
import eventlet
from types import SimpleNamespace

def spawn(function, *arguments):
    thread = eventlet.spawn(function, *arguments)
    return SimpleNamespace(wait=thread.wait, value=None)

def joinall(threads, raise_error):
    for one in threads:
        one.value = one.wait()

gevent = SimpleNamespace(spawn=spawn, joinall=joinall, sleep=eventlet.sleep)
"""


@pytest.mark.parametrize("early", [True, False], ids=["patched at once", "patched after"])
@pytest.mark.parametrize("name", ["TRANSPORT", "CONNECTING", "LOCK", "sqlite", "postgresql"])
def test_nothing_stands_still(
    name: str, early: bool, postgresql: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = f"sqlite:///{tmp_path}/app.db"
    if name == "postgresql":
        database = postgresql.in_schema(postgresql.new_schema())
        migration(database).apply()
    script = gevent.STORE if name in ("sqlite", "postgresql") else getattr(gevent, name)
    for line in ("import gevent, threading\n", "import gevent\n"):
        script = script.replace(line, NAMES + ("import threading\n" if "threading" in line else ""))
    monkeypatch.setattr(gevent, "PATCHED", PATCHED)
    gevent.play(script, early, database)
