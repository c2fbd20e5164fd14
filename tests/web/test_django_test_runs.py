"""``manage.py test`` and pytest-django: users sign in at the sandbox, in a project with real keys or none. Neither the
project's keys nor its database are used."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.django_fresh import Fresh
from support.written import blocks_of

from valetkey.testing import Sandbox

TESTS = '''
import os
from pathlib import Path

from django.contrib.auth.models import User
from django.test import TestCase, override_settings
from valetkey.frameworks.django import accounts, conf
from valetkey.testing import SignInFailed, signed_in, signed_out

SEEN = Path(os.environ["SEEN"])


def note(case):
    """Which process has run it, with which database."""
    (SEEN / case).write_text(f"{os.getpid()} {conf.sign_in().settings.database}")


class First(TestCase):
    def test_a_user_comes_and_goes(self):
        self.assertEqual(self.client.get("/").content, b"nobody")
        ada = signed_in(self.client, "ada")
        self.assertEqual(self.client.get("/").content, b"ada")
        self.assertEqual(User.objects.get().sign_in_account.account_id, ada.id)
        signed_out(self.client)
        self.assertEqual(self.client.get("/").content, b"nobody")
        note("first")

    def test_another_setting(self):
        signed_in(self.client, "ada")
        with override_settings(VALETKEY={"SESSION_DAYS": 2}):
            self.assertEqual(conf.sign_in().settings.session_days, 2)
            self.assertEqual(self.client.get("/").content, b"ada")


class Second(TestCase):
    def test_another_provider(self):
        signed_in(self.client, "ada", provider="google")
        self.assertEqual(self.client.get("/").content, b"google")
        note("second")

    async def test_an_async_client(self):
        await signed_in(self.async_client, "rtl", provider="google")
        response = await self.async_client.get("/")
        self.assertEqual(response.content, b"google")
'''
PYTEST = '''
from project.tests import First, Second


def test_a_fault(client, db, valetkey_sandbox):
    """The fixture is the sandbox that the app uses."""
    from valetkey.testing import SignInFailed, signed_in

    valetkey_sandbox.fault("access_token", "commit_then_drop")
    signed_in(client)
    assert len(valetkey_sandbox.calls("request_token")) == 2
'''
REAL = {
    "VALETKEY_URL": "https://app.example.com",
    "VALETKEY_PROVIDERS": "twitter,google",
    "TWITTER_CONSUMER_KEY": "a-real-key",
    "TWITTER_CONSUMER_SECRET": "canary",
    "GOOGLE_CLIENT_ID": "1234.apps.googleusercontent.com",
    "GOOGLE_CLIENT_SECRET_FILE": "/nowhere/at/all",
    "VALETKEY_DATABASE": "sqlite:///production.db",
    "VALETKEY_SECRET": "Zq3vB9xT5mK8wR1yL6pN4sD7fG0hJ2cA",
    "VALETKEY_SANDBOX": "",
}
DEPLOYED = '\nDEBUG = False\nALLOWED_HOSTS = ["app.example.com"]\nSECRET_KEY = "kHq3vB9xT5mK8wR1yL6pN4sD7fG0hJ2cAQ"\n'
ONCE = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
import django
django.setup()
from django.test import Client
from valetkey.testing import signed_in
signed_in(Client(HTTP_HOST="127.0.0.1:8000"), "longname")
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    made = Fresh(tmp_path_factory.mktemp("tested"))
    (made.directory / "project/tests.py").write_text(TESTS)
    said = blocks_of("docs/django.md")
    (made.directory / "project/test_documented.py").write_text(said["tests"])
    (made.directory / "project/views.py").write_text(said["views"])
    with (made.directory / "project/urls.py").open("a") as urls:
        urls.write('from .views import me\n\nurlpatterns += [path("api/me", me)]\n')
    (made.directory / "test_by_pytest.py").write_text(PYTEST)
    (made.directory / "seen").mkdir()
    made.environment["SEEN"] = str(made.directory / "seen")
    made.environment["TMPDIR"] = str(made.directory / "tmp")
    (made.directory / "tmp").mkdir()
    return made


def files(project: Fresh) -> list[str]:
    return sorted(one.name for one in project.directory.iterdir() if one.name != "__pycache__")


def test_a_fresh_project(project: Fresh) -> None:
    """Nothing is configured, and nothing stays behind."""
    before = files(project)
    said = project.run("-W", "error", "manage.py", "test", "--noinput")
    assert "Ran 5 tests" in said and "OK" in said and "(valetkey." not in said
    assert files(project) == before
    assert list((project.directory / "tmp").iterdir()) == []


def test_each_process_has_its_own_database(project: Fresh) -> None:
    project.run("-W", "error", "manage.py", "test", "--noinput", "--parallel", "2")
    seen = [(project.directory / "seen" / name).read_text().split() for name in ("first", "second")]
    assert len({process for process, _ in seen}) == len({database for _, database in seen}) == 2
    assert list((project.directory / "tmp").iterdir()) == []


def test_production_is_not_touched(project: Fresh, valetkey_sandbox: Sandbox) -> None:
    """The project has keys, a public address and a database with an account, and DEBUG is off. Its own hosts do not
    include the runner's."""
    own = {"VALETKEY_DATABASE": REAL["VALETKEY_DATABASE"]}
    project.run("manage.py", "migrate", "-v", "0")
    project.run("-c", ONCE, **(valetkey_sandbox.environment | own))
    tables = ("accounts", "identities", "sessions")
    before = {table: project.rows("production.db", table) for table in tables}
    users = project.rows("db.sqlite3", "auth_user")
    assert len(before["accounts"]) == len(users) == 1
    settings = project.directory / "project/settings.py"
    text = settings.read_text()
    try:
        settings.write_text(text + DEPLOYED)
        said = project.run("manage.py", "test", "--noinput", **REAL)
        assert "Ran 5 tests" in said and "OK" in said and "(valetkey." not in said
        said = project.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "--ds=project.settings", **REAL)
        assert "6 passed" in said
    finally:
        settings.write_text(text)
    assert {table: project.rows("production.db", table) for table in tables} == before
    assert project.rows("db.sqlite3", "auth_user") == users


def test_a_wrong_setting_stops_the_run(project: Fresh) -> None:
    said = project.run("manage.py", "test", "--noinput", fails=True, VALETKEY_DELIVERY="nonsense")
    assert "valetkey.E001" in said and "VALETKEY_DELIVERY" in said


def test_the_kit_needs_no_other_package(project: Fresh, tmp_path: Path) -> None:
    """``valetkey[django]`` is enough."""
    for name in ("starlette", "uvicorn", "pytest"):
        (tmp_path / f"{name}.py").write_text(f'raise ImportError("No module named {name}", name="{name}")')
    path = f"{tmp_path}:{project.environment['PYTHONPATH']}"
    said = project.run("manage.py", "test", "--noinput", "project.tests.First", PYTHONPATH=path)
    assert "Ran 2 tests" in said and "OK" in said
