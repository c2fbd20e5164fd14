"""pytest's fixtures, as somebody else's tests have them: whole runs of pytest, in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from valetkey.testing import plugin

APP = """
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route
    from valetkey.frameworks.starlette import SignIn

    def create_app(sign_in):
        async def me(request):
            session = await sign_in.session_of(request)
            return JSONResponse(session.account.handle if session else None)
        return Starlette(routes=[Route("/me", me), *sign_in.routes], lifespan=sign_in.lifespan)
"""
BUILT_WHEN_IMPORTED = APP + "    app = create_app(SignIn.from_env())\n"
HEAD = """
    import os, pytest
    from starlette.testclient import TestClient
    from valetkey.testing import SignInFailed, signed_in
"""
SIGNS_IN = """
    @pytest.mark.parametrize("persona", ["ada", "bare", "rtl", "longname"])
    def test_it(persona, client):
        signed_in(client, persona)
        assert client.get("/me").json() == persona
"""


def run(directory: Path, *options: str, **files: str) -> subprocess.CompletedProcess[str]:
    """pytest, with nothing of ours but what is installed, and warnings as errors."""
    for name, text in files.items():
        (directory / name).with_suffix(".ini" if name == "pytest" else ".py").write_text(dedent(text))
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *options]
    environment = {"PATH": str(Path(sys.executable).parent), "HOME": str(directory), "PYTHONPATH": str(directory)}
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, env=environment)


def passed(ran: subprocess.CompletedProcess[str], number: int) -> None:
    assert f"{number} passed" in ran.stdout, ran.stdout + ran.stderr
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "warning" not in ran.stdout


WAYS = {
    "settings": {
        "app": APP,
        "conftest": HEAD
        + """
    from app import SignIn, create_app

    @pytest.fixture
    def client(valetkey_sandbox):
        return TestClient(create_app(SignIn(valetkey_sandbox.settings)))
""",
    },
    "environment": {
        "app": BUILT_WHEN_IMPORTED,
        "conftest": HEAD
        + """
    @pytest.fixture(scope="session")
    def app(valetkey_environment):
        from app import app
        return app

    @pytest.fixture
    def client(app):
        with TestClient(app) as client:
            yield client
""",
    },
    "ini": {
        "pytest": "[pytest]\nvaletkey_environment = true\n",
        "app": BUILT_WHEN_IMPORTED,
        "conftest": HEAD
        + """
    from app import app

    @pytest.fixture
    def client():
        return TestClient(app)
""",
    },
}


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "xdist"])
@pytest.mark.parametrize("way", WAYS)
def test_an_app_is_built(tmp_path: Path, way: str, options: tuple[str, ...]) -> None:
    """From settings; from the environment, in a fixture; from the environment, when it is imported."""
    passed(run(tmp_path, *options, **WAYS[way], test_app=HEAD + SIGNS_IN), 4)


def test_it_takes_the_variables_to_build_one_when_it_is_imported(tmp_path: Path) -> None:
    """The control of the one before: without the line in pytest.ini the same app does not start."""
    ran = run(tmp_path, **{**WAYS["ini"], "pytest": "[pytest]\n"}, test_app=HEAD + SIGNS_IN)
    assert ran.returncode != 0
    assert "Not set: TWITTER_CONSUMER_KEY" in ran.stderr


def test_an_app_that_is_built_when_it_is_imported_has_the_providers_of_the_ini(tmp_path: Path) -> None:
    """With commas or spaces between them, as in ``VALETKEY_PROVIDERS``. The fixture sets the same."""
    files = {**WAYS["ini"], "pytest": WAYS["ini"]["pytest"] + "valetkey_providers = spotify,slack google\n"}
    test = (
        HEAD
        + """
    @pytest.mark.parametrize("provider", ["spotify", "slack", "google"])
    def test_it(provider, client, valetkey_environment):
        account = signed_in(client, "ada", provider=provider)
        assert [one.provider for one in account.identities] == [provider]
        assert valetkey_environment["VALETKEY_PROVIDERS"] == "spotify,slack,google"

    def test_x_is_not_among_them(client):
        with pytest.raises(SignInFailed, match="unknown_provider"):
            signed_in(client, "ada")
"""
    )
    passed(run(tmp_path, **files, test_app=test), 4)


def test_each_worker_has_its_own(tmp_path: Path) -> None:
    """Sandbox and database; a fault in one is none in the other."""
    test = (
        HEAD
        + """
    from pathlib import Path

    @pytest.mark.parametrize("number", range(8))
    def test_it(number, client, valetkey_sandbox, valetkey_environment, worker_id):
        said = f"{valetkey_sandbox.origin} {os.environ['VALETKEY_DATABASE']} {os.environ['VALETKEY_TWITTER_API']}"
        with Path(f"{worker_id}.txt").open("a") as file:
            print(said, file=file)
        if worker_id == "gw0":
            valetkey_sandbox.fault("any", "status", status=503, times=100)
            with pytest.raises(SignInFailed, match="provider_unavailable"):
                signed_in(client)
        else:
            signed_in(client)
            assert len(valetkey_sandbox.calls("access_token")) == 1
"""
    )
    passed(run(tmp_path, "-n", "2", "--dist", "each", **WAYS["settings"], test_app=test), 16)
    said = [set((tmp_path / f"{worker}.txt").read_text().splitlines()) for worker in ("gw0", "gw1")]
    assert [len(lines) for lines in said] == [1, 1]
    one, other = (lines.pop().split() for lines in said)
    assert one[0] == one[2]
    assert not set(one) & set(other)


def test_what_a_test_did_to_the_sandbox_does_not_outlive_it(tmp_path: Path) -> None:
    test = (
        HEAD
        + """
    def test_one(client, valetkey_sandbox):
        valetkey_sandbox.fault("any", "status", status=503, times=100)
        valetkey_sandbox.set(coop="same-origin")
        with pytest.raises(SignInFailed):
            signed_in(client)
        assert len(valetkey_sandbox.journal) > 0

    def test_two(client, valetkey_sandbox):
        assert valetkey_sandbox.journal == []
        signed_in(client)
"""
    )
    passed(run(tmp_path, **WAYS["settings"], test_app=test), 2)


def test_what_was_changed_is_put_back(tmp_path: Path) -> None:
    """The environment, as it was before the run; the database is gone, and so is the sandbox."""
    conftest = (
        WAYS["ini"]["conftest"]
        + """
    import atexit, socket
    from pathlib import Path
    from urllib.parse import urlsplit

    before = dict(os.environ)

    def say():
        address = urlsplit(before["VALETKEY_TWITTER_API"])
        with socket.socket() as probe:
            gone = probe.connect_ex(("127.0.0.1", address.port)) != 0
        database = Path(before["VALETKEY_DATABASE"].removeprefix("sqlite:///"))
        print("AT THE END", gone, database.exists(), os.environ.get("VALETKEY_TWITTER_API"), flush=True)

    def pytest_configure(config):
        atexit.register(say)
        assert Path(before["VALETKEY_DATABASE"].removeprefix("sqlite:///")).parent.exists()
"""
    )
    ran = run(tmp_path, **{**WAYS["ini"], "conftest": conftest}, test_app=HEAD + SIGNS_IN)
    passed(ran, 4)
    assert "AT THE END True False None" in ran.stdout


LOADED = """
    import sys

    def pytest_unconfigure(config):
        print("LOADED", *sys.modules)
"""


def loaded(directory: Path, *options: str, test: str = "def test_it(): pass") -> set[str]:
    ran = run(directory, *options, conftest=LOADED, test_app=test)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (line,) = [line for line in ran.stdout.splitlines() if "LOADED" in line]
    return set(line.partition("LOADED")[2].split())


def test_whoever_does_not_use_it_pays_for_next_to_nothing(tmp_path: Path) -> None:
    """No framework, no server, no cryptography: the plain values of our own core, and nothing that opens or draws."""
    without = loaded(tmp_path, "-p", "no:valetkey")
    idle = loaded(tmp_path) - without
    assert "valetkey.testing.plugin" in idle
    assert {name for name in idle if not name.startswith("valetkey")} <= {"hmac", "_hashlib", "secrets"}
    assert {name for name in idle if name.startswith("valetkey.testing.")} == {"valetkey.testing.plugin"}
    for name in ("sandbox", "web", "stores", "assembly", "seal", "transport", "login"):
        assert f"valetkey.{name}" not in idle
    used = loaded(tmp_path, test="def test_it(valetkey_sandbox): pass") - without
    assert "valetkey.testing.sandbox" in used
    assert not {"uvicorn", "starlette"} & used


def test_it_is_listed_and_can_be_left_out(tmp_path: Path) -> None:
    listed = run(tmp_path, "--fixtures", test_app="").stdout
    assert "valetkey_sandbox [session scope]" in listed
    assert "An offline X for the whole run" in listed
    assert "valetkey_sandbox" not in run(tmp_path, "--fixtures", "-p", "no:valetkey", test_app="").stdout


def test_it_asks_nothing_new_of_pluggy() -> None:
    """``wrapper=True`` ended every run under pluggy 1.0, of people who use none of this, too."""
    text = Path(plugin.__file__).read_text()
    assert "hookwrapper=True" in text
    assert "(wrapper=" not in text
