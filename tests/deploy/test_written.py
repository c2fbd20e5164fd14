"""docs/deploy/: what a container, systemd and Kubernetes would run, run here as it is written; and the backups."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.browser import Browser
from support.servers import SECRET, Provider, free_port
from support.waiting import wait_for
from support.written import ROOT, blocks_of

FASTAPI = blocks_of("README.md")["fastapi"]
URL = "https://app.example.test"  # what the pages call app.example.com, at a name where a sandbox may be used


@dataclass
class Written:
    """What a page says: a command, its variables, and the files with secrets that the variables name."""

    command: list[str]
    variables: dict[str, str]
    seconds: float  # how long the app has to stop


def dockerfile() -> list[str]:
    (line,) = re.findall(r"^CMD (.+)$", blocks_of("docs/deploy/container.md")["Dockerfile"], re.MULTILINE)
    return list(json.loads(line))


def container() -> Written:
    app = yaml.safe_load(blocks_of("docs/deploy/container.md")["compose"])["services"]["app"]
    files = [one for one in app["environment"].values() if str(one).startswith("/run/secrets/")]
    assert sorted(one.rpartition("/")[2] for one in files) == sorted(app["secrets"])
    return Written(dockerfile(), app["environment"], float(app["stop_grace_period"].rstrip("s")))


def unit() -> Written:
    lines = blocks_of("docs/deploy/systemd.md")["unit"].splitlines()
    said = [line.partition("=")[::2] for line in lines if "=" in line and not line.startswith("#")]
    variables = dict(value.split("=", 1) for name, value in said if name == "Environment")
    (command,) = (value for name, value in said if name == "ExecStart")
    (stop,) = (value for name, value in said if name == "TimeoutStopSec")
    return Written(shlex.split(command.removeprefix("/opt/app/.venv/bin/")), variables, float(stop))


def manifest() -> Written:
    _, deployment = yaml.safe_load_all(blocks_of("docs/deploy/kubernetes.md")["manifest"])
    pod = deployment["spec"]["template"]["spec"]
    (one,) = pod["containers"]
    variables = {row["name"]: row["value"] for row in one["env"]}
    return Written(one["command"], variables, float(pod["terminationGracePeriodSeconds"]))


WRITTEN = {"container": container, "systemd": unit, "kubernetes": manifest}


@dataclass
class Running:
    name: str
    written: Written
    process: subprocess.Popen[bytes]
    base: str
    provider: Provider
    log: Path


@pytest.fixture(params=WRITTEN)
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """The README's app, by the command and with the variables that the page has, at this machine's places."""
    written = WRITTEN[request.param]()
    port = free_port()
    provider = Provider(f"{URL}/auth/google")
    secrets = {
        "GOOGLE_CLIENT_SECRET_FILE": "sandbox-secret\n",
        "VALETKEY_SECRET_FILE": f"{SECRET}\n",
        "VALETKEY_DATABASE_FILE": f"sqlite:///{tmp_path}/valetkey.db\n",
    }
    given = provider.variables(["google"])
    secrets["GOOGLE_CLIENT_SECRET_FILE"] = given["GOOGLE_CLIENT_SECRET"] + "\n"
    environ = {name: str(value).replace("https://app.example.com", URL) for name, value in written.variables.items()}
    for name in environ:
        if name.endswith("_FILE"):
            file = tmp_path / name
            file.write_text(secrets[name])
            environ[name] = str(file)
    if "VALETKEY_DATABASE" in environ:
        environ["VALETKEY_DATABASE"] = f"sqlite:///{tmp_path}/valetkey.db"
    environ |= {
        "GOOGLE_CLIENT_ID": given["GOOGLE_CLIENT_ID"],
        "VALETKEY_GOOGLE_BASE": given["VALETKEY_GOOGLE_BASE"],
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "src"),
    }
    (tmp_path / "main.py").write_text(FASTAPI)
    program, *arguments = written.command
    at = arguments.index("--port") + 1
    assert arguments[at] == "8000"
    arguments[at] = str(port)
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", program, *arguments], cwd=tmp_path, env=environ, stdout=output, stderr=output
        )
    try:
        wait_for(lambda: "Uvicorn running on" in log.read_text() or process.poll() is not None, 20)
        assert process.poll() is None, log.read_text()
        yield Running(request.param, written, process, f"http://127.0.0.1:{port}", provider, log)
    finally:
        process.kill()
        process.wait()
        provider.stop()


class Behind(Browser):
    """A browser whose requests a proxy has passed on, which speaks https to it."""

    def request(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Host": URL.removeprefix("https://"), "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
        return super().request(method, path, **{**options, "headers": {**(options.get("headers") or {}), **headers}})


def test_it_signs_in_and_stops(running: Running) -> None:
    visitor = Behind(running.base, origin=URL, provider="google")
    begun = visitor.begin()
    answer = visitor.come_back(running.provider.at("google").approve(begun.send_to))
    assert answer.status == 303, running.log.read_text()
    assert visitor.account()["identities"][0]["provider"] == "google"
    assert SECRET not in running.log.read_text()
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(running.written.seconds) in (0, -signal.SIGTERM)


def test_the_compose_file_migrates_with_the_secret_that_the_app_has() -> None:
    services: Mapping[str, Any] = yaml.safe_load(blocks_of("docs/deploy/container.md")["compose"])["services"]
    migrate = services["migrate"]
    assert migrate["command"] == ["valetkey", "migrate"]
    assert migrate["environment"].items() <= services["app"]["environment"].items()


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """But for the program, which is not on this machine."""
    file = tmp_path / "app.service"
    text = blocks_of("docs/deploy/systemd.md")["unit"]
    file.write_text(text.replace("/opt/app/.venv/bin/uvicorn", sys.executable))
    done = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False)
    assert "app.service" not in done.stderr, done.stderr
    file.write_text(text.replace("/opt/app/.venv/bin/uvicorn", sys.executable).replace("Type=exec", "Typ=exec"))
    done = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False)
    assert "Typ" in done.stderr


@pytest.mark.parametrize("running", ["kubernetes"], indirect=True)
def test_the_probe_of_the_manifest(running: Running) -> None:
    """A pod is asked by its address, over http."""
    _, deployment = yaml.safe_load_all(blocks_of("docs/deploy/kubernetes.md")["manifest"])
    (one,) = deployment["spec"]["template"]["spec"]["containers"]
    probe = one["readinessProbe"]["httpGet"]
    assert probe["port"] == 8000
    with urllib.request.urlopen(running.base + probe["path"]) as answer:
        assert (answer.status, json.load(answer)) == (200, {"status": "ok"})
