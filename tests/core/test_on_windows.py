"""What Windows does not have, or has otherwise, taken away here: a login still lands. That is a simulation. No test of
ours runs on Windows itself.
"""

from __future__ import annotations

import ast
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import PYTHONPATH, SOURCES
from support.browser import Browser
from support.servers import SECRET, Provider, free_port

from valetkey.cli import serving

# Before anything else is imported. ``-X warn_default_encoding`` warns where a file is read in the encoding of the
# system, which is not UTF-8 there.
TAKEN_AWAY = """
import os, select, signal, sys
for owner, names in (
    (os, "register_at_fork fork forkpty getuid geteuid setsid killpg fchmod"),
    (select, "poll epoll"),
    (signal, "SIGHUP SIGUSR1 SIGUSR2 SIGQUIT SIGALRM SIGCHLD"),
):
    for name in names.split():
        if hasattr(owner, name):
            delattr(owner, name)
import selectors
assert selectors.DefaultSelector is selectors.SelectSelector
import asyncio

def missing(self, *_):
    raise NotImplementedError  # as in ProactorEventLoop

for name in ("add_reader", "add_writer", "add_signal_handler"):
    setattr(asyncio.SelectorEventLoop, name, missing)
"""

FLASK = """
from wsgiref.simple_server import make_server
from flask import Flask
from valetkey.frameworks.flask import SignIn, current_account, login_required
from valetkey.web.replies import account_body

app = Flask("app")
SignIn(app)
app.get("/api/me")(login_required(lambda: account_body(current_account)))
with make_server("127.0.0.1", int(sys.argv[1]), app) as server:
    print("Ready", flush=True)
    server.serve_forever()
"""

FASTAPI = """
from typing import Annotated
import uvicorn
from fastapi import Depends, FastAPI
from valetkey import Account
from valetkey.frameworks.fastapi import SignIn

app = FastAPI()
sign_in = SignIn.from_env()
app.include_router(sign_in.router)

@app.get("/api/me")
async def me(account: Annotated[Account, Depends(sign_in.account)]) -> Account:
    return account

uvicorn.run(app, port=int(sys.argv[1]), loop="asyncio", log_level="warning")
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    running = Provider("http://127.0.0.1:9/auth/twitter")
    yield running
    running.stop()


@pytest.mark.parametrize("script", [FLASK, FASTAPI], ids=["Flask", "FastAPI"])
def test_a_login_lands_without_what_windows_lacks(script: str, provider: Provider, tmp_path: Path) -> None:
    """Its database is named as there, with a drive. A page of the app's own is in UTF-8."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    provider.serves(f"{base}/auth/twitter")
    (tmp_path / "C:" / "data").mkdir(parents=True)
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "done.html").write_bytes("$head<p $nudge>Zurück zur App</p>".encode())
    process = subprocess.Popen(
        [sys.executable, "-X", "warn_default_encoding", "-c", TAKEN_AWAY + script, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": PYTHONPATH,
            "HOME": str(tmp_path),
            # What text is read in unless the code says otherwise; C is ASCII, as cp1252 is not UTF-8.
            "LC_ALL": "C",
            "PYTHONUTF8": "0",
            "PYTHONCOERCECLOCALE": "0",
            "TWITTER_CONSUMER_KEY": provider.key,
            "TWITTER_CONSUMER_SECRET": provider.secret,
            "VALETKEY_URL": base,
            "VALETKEY_SECRET": SECRET,
            "VALETKEY_DATABASE": "sqlite:///C:/data/app.db",
            "VALETKEY_TEMPLATES": str(templates),
            "VALETKEY_TWITTER_API": provider.origin,
            "VALETKEY_TWITTER_BROWSER": provider.origin,
        },
    )
    try:
        wait_until_it_listens(process, port)
        browser = Browser(base)
        landed = browser.come_back(provider.approve(browser.begin().token, "ada"))
        assert landed.status == 303
        assert "Zurück" in browser.visit(landed.header("location") or "").text
        assert browser.me().status == 200
        assert browser.sign_out().status == 204
    finally:
        process.terminate()
        said, _ = process.communicate(timeout=15)
    assert (tmp_path / "C:" / "data" / "app.db").exists()
    assert [line for line in said.splitlines() if "EncodingWarning" in line and "/valetkey/" in line] == []
    assert "Traceback" not in said, said


def wait_until_it_listens(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        assert process.poll() is None, process.stdout and process.stdout.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_port_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows this option lets two programs listen on one port."""
    monkeypatch.setattr(sys, "platform", "win32")
    with serving.listen("127.0.0.1", free_port()) as listening:
        assert listening.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR) == 0


def test_every_text_is_read_and_written_in_utf_8() -> None:
    """Unless the code says so, Windows takes another encoding."""
    found = []
    for file in Path(SOURCES, "valetkey").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and _opens_text(node)
                and "encoding" not in {one.arg for one in node.keywords}
            ):
                found.append(f"{file.relative_to(SOURCES)}:{node.lineno}")
    assert found == []


def _opens_text(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Attribute) and call.func.attr in ("read_text", "write_text", "fdopen"):
        return True
    modes = [one.value for one in call.args[1:2] if isinstance(one, ast.Constant)]
    return isinstance(call.func, ast.Name) and call.func.id == "open" and not any("b" in str(one) for one in modes)
