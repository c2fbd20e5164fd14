"""A project as ``startproject`` writes it, with what the documentation adds, for tests that run its ``manage.py``."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

SETTINGS = """
INSTALLED_APPS += ["valetkey.frameworks.django"]
MIDDLEWARE += ["valetkey.frameworks.django.middleware.SignInMiddleware"]
STATIC_ROOT = BASE_DIR / "static"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
"""
URLS = """
from django.http import HttpResponse
from django.urls import include

urlpatterns += [
    path("auth/", include("valetkey.frameworks.django.urls")),
    path("", lambda request: HttpResponse(request.user.get_username() or "nobody")),
]
"""


class Fresh:
    """The project, in a directory that is new.

    Args:
        directory: where it is written.
        variables: the environment of its commands.
    """

    def __init__(self, directory: Path, variables: dict[str, str] | None = None) -> None:
        self.directory = directory
        base = {"PATH": os.environ["PATH"], "HOME": str(directory), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
        self.environment = base | {"COLUMNS": "1000"} | (variables or {})
        self.run("-m", "django", "startproject", "project", ".")
        with (directory / "project/settings.py").open("a") as settings:
            settings.write(SETTINGS)
        with (directory / "project/urls.py").open("a") as urls:
            urls.write(URLS)

    def run(self, *command: str, fails: bool = False, **variables: str) -> str:
        """Run a Python command. Return what it says."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.directory,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        assert (done.returncode != 0) is fails, said
        return said

    def rows(self, file: str, table: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.directory / file)) as connection:
            return connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
