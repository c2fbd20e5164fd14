"""A project as people have one: what the documentation says, in what ``startproject`` wrote; and the example with a
user model of its own, run as ``./run example`` runs it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.contrib.admin.utils import quote
from support.servers import free_port
from support.written import blocks_of

from valetkey.testing import Sandbox, SignInFailed, signed_in, signed_out

ROOT = Path(__file__).parents[2]
PAGES = ("docs/frameworks.md", "docs/django.md")


def ran(directory: Path, environment: dict[str, str], *command: str) -> str:
    base = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    done = subprocess.run(
        [sys.executable, *command], cwd=directory, env=base | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


STORY = """
import sys
from django.core.management import execute_from_command_line
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
import django
django.setup()
from django.contrib.auth.models import User
from django.test import Client
from valetkey.testing import signed_in

client = Client(HTTP_HOST="127.0.0.1:8000")
print(client.get("/").content.decode(), client.get("/api/me").status_code)
signed_in(client, "ada")
print(client.get("/api/me").content.decode(), *User.objects.values_list("username", flat=True))
print(client.get("/account/").content.decode())
print(client.get("/sign-out").status_code, client.post("/sign-out").status_code, client.get("/api/me").status_code)
"""


@pytest.mark.parametrize("page", PAGES)
def test_what_the_documentation_says(page: str, valetkey_sandbox: Sandbox, tmp_path: Path) -> None:
    environment = valetkey_sandbox.environment | {"VALETKEY_DATABASE": f"sqlite:///{tmp_path}/valetkey.db"}
    del environment["VALETKEY_SECRET"]  # Django's is enough
    said = blocks_of(page)
    ran(tmp_path, environment, "-m", "django", "startproject", "project", ".")
    project = tmp_path / "project"
    (project / "views.py").write_text(said["views"] + blocks_of("docs/sign-out.md")["django"])
    (project / "index.html").write_text(said["template"])
    (project / "base.html").write_text("<main>{% block content %}{% endblock %}</main>")
    account = blocks_of("docs/django.md")
    (project / "account.html").write_text(account["account"])
    with (project / "settings.py").open("a") as settings:
        settings.write(said["settings"] + 'TEMPLATES[0]["DIRS"] = [BASE_DIR / "project"]\n')
    with (project / "urls.py").open("a") as urls:
        urls.write("from django.views.generic import TemplateView\nfrom .views import leave, me\n")
        urls.write(said["urls"] + account["account-url"])
        urls.write('urlpatterns += [path("sign-out", leave)]\n')
        urls.write('urlpatterns += [path("api/me", me), path("", TemplateView.as_view(template_name="index.html"))]\n')
    ran(tmp_path, environment, "manage.py", "migrate", "--verbosity", "0")
    assert "no issues" in ran(tmp_path, environment, "manage.py", "check", "--database", "default")
    told = ran(tmp_path, environment, "-W", "error", "-c", STORY)
    assert '<sign-in-button provider="twitter" next=""></sign-in-button>\n 401' in told
    assert '{"handle": "ada"} ada\n' in told
    panel = "<account-panel><ul><li>X <bdi>@ada</bdi></li></ul></account-panel>"
    script = '<script type="module" src="/auth/client.js"></script>'
    assert f"<main>{script}\n{panel}</main>" in told
    assert "\n405 204 401\n" in told


STAFF = {"DJANGO_SUPERUSER_EMAIL": "staff@example.com", "DJANGO_SUPERUSER_PASSWORD": "a long password"}


@pytest.fixture(scope="module")
def address(valetkey_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The example with a user model of its own, and its database."""
    directory, port = tmp_path_factory.mktemp("users"), free_port()
    base = f"http://127.0.0.1:{port}"
    environment = valetkey_sandbox.environment_for("google", "github", "twitter") | {
        "VALETKEY_URL": base,
        "VALETKEY_DATABASE": f"sqlite:///{directory}/valetkey.db",
        "EXAMPLE_DATABASE": f"sqlite:///{directory}/users.db",
        "PATH": os.environ["PATH"],
        **STAFF,
    }
    command = [sys.executable, str(ROOT / "examples/serve.py"), "django-users", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("Ready "):
            break
    assert said[-1].startswith("Ready "), "".join(said)
    rest = threading.Thread(target=lambda: said.extend(process.stdout or ()))
    rest.start()
    yield said[-1].split()[1], directory / "users.db"
    process.terminate()
    process.wait(15)
    rest.join(5)
    process.stdout.close()


def people(database: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(
            "SELECT person.id, nickname, account_id, email FROM people_person AS person "
            "LEFT JOIN valetkey_signinaccount ON user_id = person.id WHERE NOT is_staff ORDER BY person.id"
        ).fetchall()


def test_a_user_model_of_ones_own(address: tuple[str, Path]) -> None:
    base, database = address
    ada: dict[str, Any] = {"user_id": "1001", "email": "ada.lovelace@example.com"}
    with httpx2.Client(base_url=base) as client:
        account = signed_in(client, handle="ada", **ada)
        mine = client.get("/api/me").json()
        assert mine == {"id": mine["id"], "handle": "ada", "email": "ada.lovelace@example.com"}
        assert (mine["id"], "ada", account.id, mine["email"]) in people(database)
        signed_out(client)
        assert client.get("/api/me").status_code == 401
        signed_in(client, handle="countess", **ada)
        assert client.get("/api/me").json() == {**mine, "handle": "countess"}


def test_three_people_by_three_providers(address: tuple[str, Path]) -> None:
    """The address is required and unique. It never leads to the user of another."""
    base, database = address
    came = {}
    for provider, persona in (("google", "ada"), ("github", "rtl"), ("twitter", "longname")):
        with httpx2.Client(base_url=base) as client:
            signed_in(client, persona, provider=provider)
            came[provider] = client.get("/api/me").json()["email"]
    assert came == {"google": "ada@example.com", "github": "rtl@example.com", "twitter": "longname@example.com"}
    before = people(database)
    for provider, persona, code in (("github", "ada", "email_taken"), ("twitter", "bare", "email_needed")):
        with httpx2.Client(base_url=base) as client, pytest.raises(SignInFailed, match=code):
            signed_in(client, persona, provider=provider)
    assert people(database) == before


def test_the_admin_opens(address: tuple[str, Path]) -> None:
    """For a staff user with a password: the pages of the people, and of their accounts."""
    base, database = address
    with httpx2.Client(base_url=base) as client:
        account = signed_in(client, user_id="1004", handle="<b>eve", email="eve@example.com", provider="github")
    with httpx2.Client(base_url=base, follow_redirects=True) as staff:
        login = staff.get("/admin/login/?next=/admin/")
        form = {"username": STAFF["DJANGO_SUPERUSER_EMAIL"], "password": STAFF["DJANGO_SUPERUSER_PASSWORD"]}
        token = {"csrfmiddlewaretoken": login.cookies["csrftoken"]}
        index = staff.post("/admin/login/?next=/admin/", data=form | token)
        assert "Sign-in accounts" in index.text and "People" in index.text
        (person,) = (row for row in people(database) if row[2] == account.id)
        for path in (f"people/person/{person[0]}/change/", "people/person/?q=eve", "people/person/add/"):
            assert staff.get(f"/admin/{path}").status_code == 200
        listed = staff.get("/admin/valetkey/signinaccount/?q=eve%40example.com")
        assert "eve@example.com" in listed.text and account.id in listed.text and "1 sign-in account" in listed.text
        shown = staff.get(f"/admin/valetkey/signinaccount/{quote(account.id)}/change/").text
        assert "github &lt;b&gt;eve (eve@example.com)" in shown and "<b>eve" not in shown
        style = staff.get("/static/admin/css/base.css")
        assert style.headers["content-type"] == "text/css"


def test_it_is_ready_to_be_deployed(valetkey_sandbox: Sandbox, tmp_path: Path) -> None:
    environment = {
        "VALETKEY_URL": "https://app.example.com",
        "VALETKEY_PROVIDERS": "google,github,twitter",
        "VALETKEY_DATABASE": f"sqlite:///{tmp_path}/valetkey.db",
        "EXAMPLE_DATABASE": f"sqlite:///{tmp_path}/users.db",
        "SECRET_KEY": "Vcb83l8nDXwpj3aeRiJBeO93oj9qGtiOxq0DbscPiqktOYfzPlWq",
        **dict.fromkeys(KEYS, "key"),
    }
    example = ROOT / "examples/django-users"
    ran(example, environment, "manage.py", "migrate", "-v", "0")
    said = ran(
        example, environment, "manage.py", "check", "--deploy", "--database", "default", "--fail-level", "WARNING"
    )
    assert "no issues (2 silenced)" in said
    assert "No changes" in ran(example, environment, "manage.py", "makemigrations", "--check", "--dry-run")


KEYS = (
    *("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"),
    *("TWITTER_CONSUMER_KEY", "TWITTER_CONSUMER_SECRET"),
)


def test_it_refuses_whom_it_has_banned(address: tuple[str, Path]) -> None:
    base, database = address
    before = people(database)
    with httpx2.Client(base_url=base) as client, pytest.raises(SignInFailed, match="banned"):
        signed_in(client, user_id="1002", handle="suspended")
    assert people(database) == before


def test_several_at_once_are_one_person(address: tuple[str, Path]) -> None:
    """Of an account that signs in for the first time in several browsers at once."""
    base, database = address

    def live(_: int) -> int:
        with httpx2.Client(base_url=base, timeout=20) as client:
            signed_in(client, user_id="1003", handle="bob", email="bob@example.com")
            return int(client.get("/api/me").json()["id"])

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(live, range(6)))) == 1
    assert [row[1] for row in people(database)].count("bob") == 1
