"""``valetkey sandbox``: what it prints, and a command that it runs."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.servers import Process, free_port
from support.waiting import wait_for
from support.without_keys import GONE_SECONDS, Running, environment, listens, pasted, signed_in

from valetkey import Settings
from valetkey.providers.record.built_in import RECIPES
from valetkey.testing.control import Control

VALETKEY = [sys.executable, "-m", "valetkey.cli"]
LISTED, CHOSEN = {"VALETKEY_PROVIDERS": "github"}, ["spotify", "jira", "twitter"]
SHOW = "import json, os; print(json.dumps(dict(os.environ)))"


def clean(directory: Path, **more: str) -> dict[str, str]:
    return environment(directory, XDG_STATE_HOME=str(directory), **more)


def around(directory: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """``valetkey sandbox … -- COMMAND``."""
    command = [*VALETKEY, "sandbox", *arguments]
    return subprocess.run(
        command, env=clean(directory, **env), cwd=directory, capture_output=True, text=True, check=False, timeout=30
    )


def announced(sandbox: Process, last: str) -> str:
    wait_for(lambda: last in sandbox.log)
    return sandbox.log.partition("\n")[2]


def test_what_it_prints_is_all_that_an_app_needs(tmp_path: Path) -> None:
    """A shell reads the lines; the file of variables says the same, and only its owner may read it."""
    port = free_port()
    file = tmp_path / ".env"
    env = {"HOME": str(tmp_path)}
    sandbox = Process("sandbox", "--port", str(port), "--env-file", str(file), env=env)
    try:
        printed = announced(sandbox, "GITLAB_BASE")
        script = f"{printed}\nexec {sys.executable} -c '{SHOW}'"
        shell = subprocess.run(["sh", "-c", script], env={}, capture_output=True, text=True, check=True)
        by_shell = json.loads(shell.stdout)
        settings = Settings.from_environment(by_shell)
        assert settings.sandbox_at == f"http://localhost:{port}"
        assert len(settings.providers) == 9
        assert len(by_shell["VALETKEY_SECRET"]) >= 43
        sourced = f"set -a; . {file}; exec {sys.executable} -c '{SHOW}'"
        by_file = json.loads(subprocess.run(["sh", "-c", sourced], env={}, capture_output=True, check=True).stdout)
        by_shell.pop("_", None)
        by_file.pop("_", None)
        assert by_file == by_shell
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    finally:
        sandbox.stop()
    kept = file.read_text()
    again = around(tmp_path, "--port", str(port), "--env-file", str(file))
    assert again.returncode == 2
    assert f"{file} exists, and was left unchanged" in again.stderr
    assert file.read_text() == kept


def test_callbacks_of_any_names(tmp_path: Path) -> None:
    """Each with its neighbours, and no other. Without the option, those of every app on this machine."""
    sandbox = Process(
        *("sandbox", "--port", str(free_port()), "--callback", "http://127.0.0.1:9000/app/auth/twitter"),
        *("--callback", "https://app.test/auth/okta"),
    )
    try:
        printed = announced(sandbox, "GITLAB_BASE")
        assert "export VALETKEY_URL=http://127.0.0.1:9000/app\n" in printed
        settings = Control(sandbox.address)("GET", "settings")
        assert settings["match"] == "exact"
        for one in ("http://127.0.0.1:9000/app/auth/apple/return", "https://app.test/auth/okta"):
            assert one in settings["callbacks"]
        assert "https://app.test/auth/google" in settings["callbacks"]
    finally:
        sandbox.stop()
    anyone = Process("sandbox", "--port", str(free_port()))
    try:
        assert Control(anyone.address)("GET", "settings")["match"] == "loopback"
    finally:
        anyone.stop()


def test_an_app_elsewhere_gets_the_keys_without_the_mode(tmp_path: Path) -> None:
    sandbox = Process("sandbox", "--port", str(free_port()), "--callback", "https://app.test/auth/twitter")
    try:
        printed = announced(sandbox, "GITLAB_BASE")
        assert "VALETKEY_SANDBOX" not in printed
        assert "export VALETKEY_URL=https://app.test\n" in printed
    finally:
        sandbox.stop()


def test_a_command_gets_every_variable_and_its_code_is_ours(tmp_path: Path) -> None:
    port = free_port()
    ran = around(tmp_path, "--port", str(port), "--", sys.executable, "-c", SHOW, "--port", "9100")
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == f"The sandbox, in place of the providers: http://localhost:{port}\n"
    settings = Settings.from_environment(json.loads(ran.stdout))
    assert (settings.sandbox_at, settings.url) == (f"http://localhost:{port}", "http://127.0.0.1:9100")
    assert len(settings.providers) == 9
    assert around(tmp_path, "--port", str(port), "--", "sh", "-c", "exit 7").returncode == 7
    holds = around(tmp_path, "--port", str(port), "--", "sh", "-c", "ls -l /proc/$$/fd")
    assert "socket:[" in holds.stdout, "the sandbox stays as long as the command, whatever that is"
    missing = around(tmp_path, "--port", str(port), "--", "no-such-command")
    assert missing.returncode == 127
    assert missing.stderr.endswith("valetkey: no-such-command: No such file or directory\n")
    wait_for(lambda: not listens(port), seconds=GONE_SECONDS)


def test_what_the_developer_has_set_counts(tmp_path: Path) -> None:
    said = {"VALETKEY_PROVIDERS": "github", "VALETKEY_URL": "http://localhost:9200", "GITHUB_CLIENT_ID": "sandbox-x"}
    ran = around(tmp_path, "--port", str(free_port()), "--", sys.executable, "-c", SHOW, **said)
    settings = Settings.from_environment(json.loads(ran.stdout))
    assert [one.name for one in settings.providers] == ["github"]
    assert settings.url == "http://localhost:9200"
    assert settings.providers[0].protocol.credentials.identifier == "sandbox-x"


def test_which_providers_is_chosen(tmp_path: Path) -> None:
    """In their order, also where the environment lists others; printed, in the file, and for a command."""
    ran = around(tmp_path, "--providers", "Spotify, jira,twitter,jira", "--", sys.executable, "-c", SHOW, **LISTED)
    assert [one.name for one in Settings.from_environment(json.loads(ran.stdout)).providers] == CHOSEN
    file = tmp_path / ".env"
    arguments = ("--providers", "all", "--env-file", str(file), "--callback", "http://127.0.0.1:9000/auth/jira")
    sandbox = Process("sandbox", "--port", str(free_port()), *arguments, env={"HOME": str(tmp_path)})
    try:
        printed = announced(sandbox, "ACME_CLIENT_SECRET")
        callbacks = Control(sandbox.address)("GET", "settings")["callbacks"]
    finally:
        sandbox.stop()
    names = [*RECIPES, "acme"]
    assert [line[2:] for line in printed.splitlines() if line.startswith("# ")] == ["The app", *names]
    by_file = subprocess.run(
        ["sh", "-c", f"set -a; . {file}; exec {sys.executable} -c '{SHOW}'"], env={}, capture_output=True
    )
    assert [one.name for one in Settings.from_environment(json.loads(by_file.stdout)).providers] == names
    assert {f"http://127.0.0.1:9000/auth/{name}" for name in names} <= set(callbacks)


@pytest.mark.parametrize("verb", ["sandbox", "demo"])
@pytest.mark.parametrize(("said", "sentence"), [("github,live", "there is no 'live'"), (",", "it names no provider")])
def test_a_provider_that_is_not_played(verb: str, said: str, sentence: str, tmp_path: Path) -> None:
    command = [*VALETKEY, verb, "--providers", said]
    ran = subprocess.run(command, env=clean(tmp_path), capture_output=True, text=True, check=False, timeout=30)
    assert ran.returncode == 2
    assert sentence in ran.stderr
    assert "Write all, or some of amazon, apple," in ran.stderr


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"GOOGLE_CLIENT_ID": "canary"}, "so are values for a real provider: GOOGLE_CLIENT_ID"),
        ({"VALETKEY_URL": "https://app.example.com"}, "VALETKEY_URL is not an address of this machine"),
    ],
)
def test_a_command_beside_something_real_is_not_run(env: dict[str, str], sentence: str, tmp_path: Path) -> None:
    port = free_port()
    ran = around(tmp_path, "--port", str(port), "--", "touch", "ran", **env)
    assert ran.returncode == 2
    assert sentence in ran.stderr
    assert "canary" not in ran.stderr
    assert not (tmp_path / "ran").exists()
    assert not listens(port)


def test_a_server_is_ended_by_its_signal_and_the_sandbox_with_it(tmp_path: Path) -> None:
    """The address is the one of the server's own option, and the app signs in."""
    sandbox, port = free_port(), free_port()
    pasted("starlette", tmp_path)
    command = f"exec {' '.join(VALETKEY)} sandbox --port {sandbox} -- uvicorn app:app --port {port}"
    app = Running(command, tmp_path, clean(tmp_path), port)
    try:
        wait_for(app.is_up, seconds=30)
        assert listens(sandbox), "it runs before the app needs it"
        assert signed_in(app, "gitlab").account()["handle"] == "ada"
        os.kill(app.process.pid, signal.SIGTERM)
        began = time.monotonic()
        app.process.wait(10)
        assert "Finished server process" in app.log
        wait_for(lambda: not listens(sandbox), seconds=GONE_SECONDS)
        assert time.monotonic() - began < GONE_SECONDS + 4
    finally:
        app.kill()


def test_it_needs_no_library_of_an_extra_but_its_own(tmp_path: Path) -> None:
    """With ``valetkey[flask]`` there is no uvicorn and no Starlette, here and in the process that it starts."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys; sys.modules.update(dict.fromkeys(['anyio', 'h11', 'starlette', 'uvicorn']))"
    )
    env = clean(tmp_path)
    env["PYTHONPATH"] = f"{tmp_path}:{env['PYTHONPATH']}"
    command = [*VALETKEY, "sandbox", "--port", str(free_port()), "--", sys.executable, "-c", SHOW]
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=30)
    assert json.loads(ran.stdout)["VALETKEY_SANDBOX"].startswith("http://localhost:"), ran.stderr
    refused = subprocess.run([*VALETKEY, "serve"], env=env, capture_output=True, text=True, check=False, timeout=30)
    assert "this needs the demo extra" in refused.stderr
