"""``bench/results.json``: what was measured, of which commit, with which versions. A part of a run replaces its own."""

from __future__ import annotations

import json
import os
import platform
import re
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

from processes import HERE
from serving import PEERS

FILE = HERE / "results.json"
MEASURED = ("src", "bench", "requirements", "client/src")
PACKAGES = ("authlib", "django", "django-allauth", "fastapi", "fastapi-users", "flask", "flask-login", "gunicorn")
PACKAGES += ("httptools", "httpx2", "litestar", "psycopg", "pyjwt", "requests", "requests-oauthlib")
PACKAGES += ("social-auth-app-django", "social-auth-core", "sqlalchemy", "starlette", "uvicorn", "uvloop", "valetkey")


def read(file: Path = FILE) -> dict[str, Any]:
    return json.loads(file.read_text()) if file.exists() else {}


def update(part: str, measured: dict[str, Any], how: dict[str, Any]) -> dict[str, Any]:
    """Put a part in, and what it was measured with."""
    results = read()
    results.update(machine=machine(), versions=versions())
    results.setdefault("runs", {})[part] = {"date": time.strftime("%Y-%m-%d", time.gmtime()), "commit": commit(), **how}
    results.update(measured)
    FILE.write_text(json.dumps(results, indent=1) + "\n")
    return results


def machine() -> dict[str, Any]:
    return {"cores": os.cpu_count(), "architecture": platform.machine(), "system": platform.system()}


def versions() -> dict[str, str]:
    program = (
        "import json, sys; from importlib.metadata import version as v; print(json.dumps([v(n) for n in sys.argv[1:]]))"
    )
    found = json.loads(said(str(PEERS), "-c", program, *PACKAGES))
    node = json.loads((HERE / "programs/node/package.json").read_text())["dependencies"]
    postgres = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))[-1]
    return {
        "Python": platform.python_version(),
        "Node": said("node", "--version").lstrip("v"),
        "SQLite": sqlite3.sqlite_version,
        "PostgreSQL": re.findall(r"[\d.]+", said(str(postgres), "--version"))[0],
        **dict(zip(PACKAGES, found, strict=True)),
        **node,
    }


def commit() -> str:
    try:
        number = said("git", "-C", str(HERE), "rev-parse", "--short=12", "HEAD")
        changed = said("git", "-C", str(HERE.parent), "status", "--porcelain", "--", *MEASURED, ":!bench/results.json")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{number}, with changes" if changed else number


def said(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
