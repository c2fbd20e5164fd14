"""The sandbox of an app in the sandbox mode: one for all its processes and for all apps, and gone with the last."""

from __future__ import annotations

import http.server
import os
import re
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest
from support.browser import Browser
from support.servers import Process, free_port
from support.waiting import wait_for
from support.without_keys import GONE_SECONDS, Running, approved, environment, listens, pasted, running, runs, signed_in

from valetkey.settings.sandbox import port as sandbox_port
from valetkey.settings.sandbox.mode import variables
from valetkey.settings.sandbox.port import Found
from valetkey.testing.control import Control
from valetkey.testing.sandbox import SandboxSettings
from valetkey.testing.sandbox.server import Server, listen
from valetkey.testing.sandbox.settings import accepts


@pytest.fixture
def sandbox() -> int:
    return free_port()


def served(command: str, directory: Path, sandbox: int, **more: str) -> Running:
    port = free_port()
    env = environment(directory, VALETKEY_SANDBOX=f"http://localhost:{sandbox}", **more)
    app = Running(command.replace("PORT", str(port)), directory, env, port)
    wait_for(app.is_up, seconds=30)
    return app


def test_two_apps_have_one_sandbox_and_it_ends_with_the_last(sandbox: int, tmp_path: Path) -> None:
    """They are killed: nothing of them can clean up. The second signs in by what it began while the first was there."""
    directories = [tmp_path / "one", tmp_path / "two"]
    apps: list[Running] = []
    try:
        for directory, framework, server in zip(
            directories, ("fastapi", "flask"), ("uvicorn app:app --port PORT", "flask run -p PORT"), strict=True
        ):
            directory.mkdir()
            pasted(framework, directory)
            apps.append(served(server, directory, sandbox, XDG_STATE_HOME=str(tmp_path)))
        first, second = apps
        signed_in(first, "github")
        other = Browser(second.base)
        begun = other.begin()
        first.kill()
        assert other.come_back(approved(begun.send_to)).status in (200, 303)
        assert other.account()["handle"] == "ada"
        assert (
            len([one for one in Control(f"http://localhost:{sandbox}").journal() if one["endpoint"] == "decide"]) == 0
        )
        second.kill()
        wait_for(lambda: not listens(sandbox), seconds=GONE_SECONDS)
    finally:
        for app in apps:
            app.kill()


def test_a_reload_keeps_it(sandbox: int, tmp_path: Path) -> None:
    """A user who is at the consent page while the developer saves a file comes back signed in, also where the app takes
    its time to start."""
    pasted("fastapi", tmp_path)
    app = served("uvicorn app:app --reload --port PORT", tmp_path, sandbox)
    try:
        browser = Browser(app.base)
        begun = browser.begin()
        assert "Authorize app" in Browser(begun.send_to).visit(begun.send_to).text
        file = tmp_path / "app.py"
        changed = file.read_text().replace('@app.get("/api/me")', '@app.get("/api/you")')
        file.write_text(f"import time\n\ntime.sleep(3.5)\n{changed}")

        def is_new() -> bool:
            with suppress(OSError):  # the server that ends hangs up on who has just come
                browser.collect(begun.login)  # as the page does that waits
                return browser.request("GET", "/api/you").status == 401
            return False

        wait_for(is_new, seconds=20)
        assert browser.come_back(approved(begun.send_to)).status in (200, 303)
        assert browser.account()["handle"] == "ada"
    finally:
        app.kill()


def test_it_waits_for_who_is_at_a_consent_page() -> None:
    """While the app starts again it holds no lease. Who has decided goes back to the app, and is waited for no more."""
    port = free_port()
    server = Server(SandboxSettings(origin=f"http://localhost:{port}", match="loopback"), ends_without_leases=0.3)
    serving = threading.Thread(target=server.run, args=(listen(port),))
    serving.start()
    try:
        _, lease = sandbox_port.look_at(port)
        assert lease is not None
        send_to = f"http://localhost:{port}/github/login/oauth/authorize?{urlencode(ASKED)}"
        user = Browser(send_to)
        page = user.visit(send_to).text
        lease.close()
        serving.join(1.5)
        assert serving.is_alive()
        fields = dict(re.findall(r'name="(request|form_key)" value="([^"]+)"', page))
        assert user.submit("/github/sandbox/decide", {**fields, "persona": "ada"}).status in (200, 302, 303)
        serving.join(10)
        assert not serving.is_alive()
    finally:
        server.stop()
        serving.join(10)


ASKED = {
    "client_id": "sandbox-github",
    "redirect_uri": "http://127.0.0.1:8000/auth/github",
    "response_type": "code",
    "state": "s" * 43,
    "code_challenge": "c" * 43,
    "code_challenge_method": "S256",
}


def test_workers_have_one(sandbox: int, tmp_path: Path) -> None:
    """All at once, from the first request on; and the worker that started it is not its life."""
    pasted("flask", tmp_path)
    app = served("gunicorn -w 2 -b 127.0.0.1:PORT app:app", tmp_path, sandbox)
    try:
        with ThreadPoolExecutor(8) as many:
            browsers = list(many.map(lambda _: signed_in(app, "github"), range(8)))
        assert {one.account()["handle"] for one in browsers} == {"ada"}
        assert len(sandboxes(sandbox)) == 1
        begun = Browser(app.base).begin()
        killed = workers_of(app.process.pid)[0]
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: killed not in workers_of(app.process.pid))
        assert approved(begun.send_to), "it is the same sandbox"
        assert signed_in(app, "twitter").account()["handle"] == "ada"
    finally:
        app.kill()
    wait_for(lambda: not listens(sandbox), seconds=GONE_SECONDS)


def workers_of(server: int) -> list[int]:
    """The processes below gunicorn, which the shell may have become or started."""
    found = [int(one) for one in Path(f"/proc/{server}/task/{server}/children").read_text().split()]
    return workers_of(found[0]) if len(found) == 1 else found


def sandboxes(port: int) -> list[int]:
    """The processes that were started to be the sandbox at a port, and that are still there."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"valetkey.testing.sandbox" in words and str(port).encode() in words:
                found.append(int(entry.name))
    return found


def test_one_that_was_started_by_hand_is_used(sandbox: int, tmp_path: Path) -> None:
    by_hand = Process("sandbox", "--port", str(sandbox))
    pasted("fastapi", tmp_path)
    try:
        app = served("uvicorn app:app --port PORT", tmp_path, sandbox)
        try:
            assert signed_in(app, "apple").account()["name"] == "Ada Example"
            assert sandboxes(sandbox) == []
        finally:
            app.kill()
        assert runs(sandbox), "it belongs to its terminal"
    finally:
        by_hand.stop()


def test_one_that_was_killed_is_started_again(sandbox: int, tmp_path: Path) -> None:
    pasted("fastapi", tmp_path)
    app = served("uvicorn app:app --port PORT", tmp_path, sandbox)
    try:
        signed_in(app, "google")
        (process,) = sandboxes(sandbox)
        os.kill(process, signal.SIGKILL)
        wait_for(lambda: not listens(sandbox))
        assert signed_in(app, "google").account()["name"] == "Ada Example"  # with new keys
        assert sandboxes(sandbox) != [process]
    finally:
        app.kill()


@pytest.fixture
def another_server(sandbox: int) -> Iterator[list[str]]:
    """What is asked of a server that is not the sandbox, at its port."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", sandbox), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield asked
        server.shutdown()


def test_another_server_at_its_port_is_not_used(sandbox: int, another_server: list[str], tmp_path: Path) -> None:
    pasted("fastapi", tmp_path)
    app = served("uvicorn app:app --port PORT", tmp_path, sandbox)
    try:
        browser = Browser(app.base, provider="github")
        assert browser.fetch("GET", "/auth/client.js").status == 200
        refused = browser.begin().answer
        assert refused.status == 500
        assert f"another program listens on port {sandbox} of this machine" in refused.text
        assert f"localhost:{sandbox}" not in refused.text
        assert all(path.startswith("/__sandbox__/lease?nonce=") for path in another_server)
    finally:
        app.kill()


@pytest.mark.parametrize(
    ("callback", "accepted"),
    [
        ("http://127.0.0.1:9000/auth/github", True),
        ("http://localhost/x", True),
        ("http://[::1]:8000/auth/github", True),
        ("https://localhost/x", False),
        ("http://127.0.0.1.evil.example/x", False),
        ("http://localhost@evil.example/x", False),
        ("http://192.168.0.7/x", False),
        ("http://[", False),
        ("myapp://localhost/x", False),
    ],
)
def test_it_sends_users_back_to_this_machine_alone(callback: str, accepted: bool) -> None:
    assert accepts(SandboxSettings(match="loopback"), callback) is accepted
    assert not accepts(SandboxSettings(), callback)


def test_the_sandbox_gives_a_lease() -> None:
    port = free_port()
    assert sandbox_port.look_at(port) == (Found.NOTHING, None)
    sandbox = Process("sandbox", "--port", str(port))
    try:
        found, lease = sandbox_port.look_at(port)
        assert found is Found.SANDBOX
        assert lease is not None
        with lease:
            assert sandbox_port.is_open(lease)
            sandbox.kill()
            assert not sandbox_port.is_open(lease)
    finally:
        sandbox.stop()


def test_without_the_mode_there_is_no_trace_of_it(sandbox: int, tmp_path: Path) -> None:
    """The same app with the sandbox's own variables: the page has no ribbon, and nothing is started."""
    pasted("fastapi", tmp_path)
    port = free_port()
    said = variables({}, f"http://localhost:{sandbox}", url=f"http://127.0.0.1:{port}")
    env = environment(tmp_path, **{**said, "VALETKEY_SANDBOX": "0"})
    with running(f"uvicorn app:app --port {port}", tmp_path, env, port) as app:
        browser = Browser(app.base, provider="github")
        assert browser.fetch("GET", "/auth/client.js").status == 200
        assert "sandbox" not in browser.fetch("GET", "/auth/providers").json()
        assert b"<aside" not in browser.visit("/auth/github/failed?code=expired").body
        browser.begin()
        assert not listens(sandbox)
        assert "VALETKEY_SANDBOX" not in app.log
