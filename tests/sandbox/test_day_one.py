"""docs/day-one.md, pasted into an empty directory: its command serves an app that signs in, with nothing set but
``VALETKEY_SANDBOX``."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.browser import Browser
from support.servers import free_port
from support.without_keys import PAGE, environment, listens, pasted, running, runs, signed_in
from support.written import blocks_of


@pytest.mark.parametrize(
    ("framework", "provider"),
    [("fastapi", "google"), ("flask", "github"), ("django", "twitter"), ("starlette", "apple"), ("litestar", "acme")],
)
def test_from_nothing_to_a_user(framework: str, provider: str, tmp_path: Path) -> None:
    sandbox, port = free_port(), free_port()
    command = pasted(framework, tmp_path)
    assert "VALETKEY_SANDBOX=1" in command
    command = command.replace("VALETKEY_SANDBOX=1", f"VALETKEY_SANDBOX=http://localhost:{sandbox}")
    command, _, server = command.strip().rpartition("\n")
    env = environment(tmp_path)
    if command:  # migrate: no command starts a sandbox
        exported, command = command.split("\n", 1)
        server = f"{exported}; {server}"
        subprocess.run(f"{exported}; {command}", shell=True, cwd=tmp_path, env=env, check=True)
    server += f" {port}" if framework == "django" else f" --port {port}"
    with running(server, tmp_path, env, port) as app:
        assert "sign-in-buttons" in Browser(app.base).visit("/").text
        assert not listens(sandbox), "the sandbox is started when a page needs it"
        browser = signed_in(app, provider)
        assert runs(sandbox)
        me = browser.request("GET", "/api/me")
        assert me.status == 200
        assert browser.account()["identities"][0]["provider"] == provider
        assert me.json()["id"] == browser.account()["id"]
        listed = browser.fetch("GET", "/auth/providers").json()
        assert listed["sandbox"] is True
        assert len(listed["providers"]) == 9
        failed = browser.visit(f"/auth/{provider}/failed?code=expired").text
        assert '<aside class="sandbox"' in failed
        warnings = app.log.count("VALETKEY_SANDBOX: users sign in at the sandbox")
        assert warnings == (2 if framework == "flask" else 1)  # Flask imports the app in its reloader, too
    assert (tmp_path / "valetkey-sandbox.db").exists()
    assert not (tmp_path / "valetkey.db").exists()


@pytest.mark.parametrize("framework", ["flask", "django"])
def test_commands_start_nothing(framework: str, tmp_path: Path) -> None:
    sandbox = free_port()
    pasted(framework, tmp_path)
    env = environment(tmp_path, VALETKEY_SANDBOX=f"http://localhost:{sandbox}")
    commands = {"flask": ["flask routes", "flask valetkey check"], "django": ["python manage.py check"]}
    for command in commands[framework]:
        subprocess.run(command, shell=True, cwd=tmp_path, env=env, check=True, capture_output=True)
    assert not listens(sandbox)


def test_the_file_of_variables(tmp_path: Path) -> None:
    """A shell reads it, and an app that is started there has the mode."""
    blocks = blocks_of(PAGE)
    (tmp_path / ".env").write_text(blocks["env"])
    show = "import os; from valetkey import Settings; print(Settings.from_environment(os.environ).sandbox)"
    command = f"{blocks['source']}\npython -c '{show}'"
    shown = subprocess.run(
        command, shell=True, cwd=tmp_path, env=environment(tmp_path), check=True, capture_output=True, text=True
    )
    assert shown.stdout == "True\n"
