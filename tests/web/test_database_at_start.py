"""A database that can never be used stops the start of every framework and every command, with one sentence; and one
that is away stops none of them. The sentences themselves are in ``tests/contracts/test_postgresql_starts.py``."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner
from flask import Flask
from litestar import Litestar
from support.postgresql import Server, postgresql  # noqa: F401  # a fixture
from support.servers import free_port

from valetkey import Admin, Settings
from valetkey.cli.main import main
from valetkey.errors import SettingsError
from valetkey.frameworks import fastapi, flask, litestar, starlette

HOPELESS = "VALETKEY_DATABASE: the database of this name does not exist on the server. Create it"
DJANGO = """
    import os
    import django
    from django.conf import settings
    settings.configure(
        SECRET_KEY="x" * 50, USE_TZ=True, ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__,
        INSTALLED_APPS=[
            "django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions",
            "valetkey.frameworks.django",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "valetkey.frameworks.django.middleware.SignInMiddleware",
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    )
    django.setup()
    from django.urls import include, path
    urlpatterns = [path("auth/", include("valetkey.frameworks.django.urls"))]
    from django.core.management import execute_from_command_line
    execute_from_command_line(["manage.py", "check"])
"""


def environment(database: str) -> dict[str, str]:
    return {
        "VALETKEY_URL": "http://127.0.0.1:8000",
        "TWITTER_CONSUMER_KEY": "key",
        "TWITTER_CONSUMER_SECRET": "secret",
        "VALETKEY_SECRET": "vQsbrxUTXo4kPUMO2YdHGPVXbJlI54NEf4wGasHzVncnhpCU",
        "VALETKEY_DATABASE": database,
    }


@pytest.fixture
def hopeless(postgresql: Server) -> str:
    return postgresql.url.replace("/postgres", "/no_such_database")


@pytest.fixture
def away(postgresql: Server) -> str:
    return postgresql.through(free_port())


STARTS: dict[str, Callable[[Settings], object]] = {
    "starlette": starlette.SignIn,
    "fastapi": fastapi.SignIn,
    "litestar": lambda settings: Litestar(plugins=[litestar.SignIn(settings)]),
    "flask": lambda settings: flask.SignIn(Flask(__name__), settings),
}


@pytest.mark.parametrize("framework", STARTS)
def test_frameworks(framework: str, hopeless: str, away: str) -> None:
    start = STARTS[framework]
    with pytest.raises(SettingsError) as refused:
        start(Settings.from_environment(environment(hopeless)))
    assert refused.value.hint.startswith(HOPELESS)
    start(Settings.from_environment(environment(away)))


def test_django(hopeless: str, away: str, tmp_path: Path) -> None:
    def checked(database: str) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "project.py"
        file.write_text(dedent(DJANGO))
        variables = {**environment(database), "PYTHONPATH": ":".join(sys.path)}
        return subprocess.run([sys.executable, str(file)], env=variables, text=True, capture_output=True, timeout=60)

    refused = checked(hopeless)
    assert refused.returncode == 1
    assert "(valetkey.E001)" in refused.stderr
    assert HOPELESS in refused.stderr
    assert "Traceback" not in refused.stderr
    started = checked(away)
    assert started.returncode == 0, started.stderr
    assert "requests get a 503 until it can be used" in started.stderr


@pytest.mark.parametrize("command", ["migrate", "migrate --plan", "accounts list", "accounts show x", "serve"])
def test_commands(command: str, hopeless: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(hopeless).items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(main, command.split())
    assert done.exit_code == 2
    assert HOPELESS in done.output
    assert "Traceback" not in done.output


def test_a_script(hopeless: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Admin(hopeless)
    assert refused.value.hint.startswith(HOPELESS)


@pytest.fixture(autouse=True)
def _in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield
    assert not list(tmp_path.glob("*.db*"))
