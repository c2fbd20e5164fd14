"""A project under development goes on without keys: only the sign-in says what to do. One that is deployed does not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from support.django_fresh import Fresh
from support.servers import free_port

# Several commands in one process, each as ``manage.py`` runs it.
COMMANDS = """
import os, sys
from django.core.management import execute_from_command_line

os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
for command in ("migrate -v 0", "makemigrations", "collectstatic --noinput", "shell -c print('shell')", "check"):
    print("==", command, flush=True)
    execute_from_command_line(["manage.py", *command.split()])
"""
TRY_IT = "To try it without keys, set VALETKEY_SANDBOX=1."


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    return Fresh(tmp_path_factory.mktemp("keyless"))


@contextmanager
def served(project: Fresh, **variables: str) -> Iterator[httpx2.Client]:
    """By ``runserver``."""
    port = free_port()
    command = [sys.executable, "-u", "manage.py", "runserver", "--noreload", str(port)]
    environment = project.environment | variables
    log = (project.directory / "runserver.log").open("w+")
    process = subprocess.Popen(command, cwd=project.directory, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        transport = httpx2.HTTPTransport(retries=40)  # with pauses between
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=30) as client:
            yield client
    finally:
        process.terminate()
        process.wait(15)
        log.close()


def test_the_commands_go_on(project: Fresh) -> None:
    said = project.run("-c", COMMANDS)
    parts = said.split("== ")[1:]
    assert [part.partition("\n")[0].partition(" ")[0] for part in parts] == [
        *("migrate", "makemigrations", "collectstatic", "shell", "check")
    ]
    assert "No changes detected" in said and "shell\n" in said
    assert "valetkey.W005" in said and "TWITTER_CONSUMER_KEY" in said and TRY_IT in said
    assert (project.directory / "static").is_dir()


def test_runserver_answers_and_the_sign_in_says_what_to_do(project: Fresh) -> None:
    project.run("manage.py", "migrate", "-v", "0")
    create = "from django.contrib.auth.models import User; User.objects.create_superuser('root', '', 'secret')"
    project.run("manage.py", "shell", "-v", "0", "-c", create)
    with served(project) as client:
        assert client.get("/").text == "nobody"
        # Django's own login, and log-out, which is one of ours as well
        token = client.get("/admin/login/").cookies["csrftoken"]
        form = {"username": "root", "password": "secret", "csrfmiddlewaretoken": token}
        assert client.post("/admin/login/?next=/", data=form).status_code == 302
        assert client.get("/").text == "root"
        form = {"csrfmiddlewaretoken": client.cookies["csrftoken"]}
        assert client.post("/admin/logout/", data=form).status_code == 200
        assert client.get("/").text == "nobody"
        for method, path in (("GET", "session"), ("POST", "twitter"), ("GET", "providers"), ("GET", "nowhere")):
            answer = client.request(method, f"/auth/{path}")
            error = answer.json()["error"]
            assert (answer.status_code, error["code"], error["developer"]) == (500, "settings", True)
            assert "TWITTER_CONSUMER_KEY" in error["hint"] and TRY_IT in error["hint"]
        page = client.post("/auth/twitter", headers={"Accept": "text/html"})
        assert page.status_code == 500 and TRY_IT in page.text and "TWITTER_CONSUMER_KEY" in page.text
        # so that the button is there, and a click on it opens that page
        script, style = client.get("/auth/client.js"), client.get("/auth/pages.css")
        assert (script.status_code, style.status_code) == (200, 200)
        assert client.post("/auth/client.js").status_code == 405
    assert "nobody can sign in yet" in (project.directory / "runserver.log").read_text()


def test_a_wrong_value_still_stops(project: Fresh) -> None:
    """Also one that is read only if the keys are there, and a key whose name is misspelt."""
    said = project.run("manage.py", "migrate", fails=True, VALETKEY_DELIVERY="nonsense")
    assert "valetkey.E001" in said and "VALETKEY_DELIVERY" in said and "TWITTER_CONSUMER_KEY" in said
    said = project.run("manage.py", "check", fails=True, TWITER_CONSUMER_KEY="x", VALETKEY_URL="http://127.0.0.1:8000")
    assert "Did you mean TWITTER_CONSUMER_KEY?" in said


def test_the_commands_of_valetkey(project: Fresh) -> None:
    """Its database needs no keys."""
    assert "Nobody can sign in yet." in project.run("manage.py", "valetkey", "check", fails=True)
    assert "Error" not in project.run("manage.py", "valetkey", "accounts", "list")


def test_what_is_deployed_stops(project: Fresh) -> None:
    settings = project.directory / "project/settings.py"
    said = project.run("manage.py", "check", "--deploy", fails=True)
    assert "(valetkey.E001) Not set: TWITTER_CONSUMER_KEY" in said
    text = settings.read_text()
    try:
        settings.write_text(f"{text}\nDEBUG = False\nALLOWED_HOSTS = ['127.0.0.1']\n")
        for command in ("check", "migrate"):
            said = project.run("manage.py", command, fails=True)
            assert "(valetkey.E001) Not set: TWITTER_CONSUMER_KEY" in said and "W005" not in said
        said = project.run("-c", WSGI, fails=True)
        assert "ImproperlyConfigured" in said and "TWITTER_CONSUMER_KEY" in said
    finally:
        settings.write_text(text)


WSGI = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
from django.core.wsgi import get_wsgi_application
get_wsgi_application()
"""


def test_with_keys_nothing_is_missing(project: Fresh, tmp_path: Path) -> None:
    """The control of the tests above: with keys, nothing is missing."""
    keys = {
        "TWITTER_CONSUMER_KEY": "key",
        "TWITTER_CONSUMER_SECRET": "secret",
        "VALETKEY_URL": "http://127.0.0.1:8000",
        "VALETKEY_DATABASE": f"sqlite:///{tmp_path}/valetkey.db",
    }
    assert "no issues" in project.run("manage.py", "check", **keys)
