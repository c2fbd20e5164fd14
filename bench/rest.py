"""What else valetkey costs: memory, time to import, octets, dependencies, and the way to the signed-in page.

``./run bench rest``. Memory is taken of a server before its first login and after many. An import is timed in a fresh
interpreter, in turns with the others. Octets are those of the wheel, of what is installed with all that it needs, and
of the module that a page loads.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

from login import Login
from processes import HERE, rss_mib
from programs import PROGRAMS
from serving import PEERS, PYTHONPATH, Server, clean, place

ROOT = HERE.parent
IMPORTS = {
    "valetkey": "valetkey",
    "valetkey and FastAPI": "valetkey.frameworks.fastapi",
    "FastAPI": "fastapi",
    "Authlib and Starlette": "authlib.integrations.starlette_client",
    "requests-oauthlib": "requests_oauthlib",
    "fastapi-users": "fastapi_users",
}
FRAMEWORKS = {"starlette", "fastapi", "litestar", "flask", "werkzeug", "django", "click", "psycopg"}
TIMED = """
import sys, time
wall, cpu = time.perf_counter(), time.process_time()
import {module}
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
loaded = sorted({{name.partition(".")[0] for name in sys.modules}} & {frameworks})
import json
print(json.dumps([wall * 1e3, cpu * 1e3, loaded]))
"""
INSTALLED = """
import json, re, sys
from importlib import metadata
from packaging.requirements import Requirement

def needs(name, extras, found):
    if name in found:
        return
    distribution = found[name] = metadata.distribution(name)
    for text in distribution.requires or []:
        one = Requirement(text)
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras or [""]):
            needs(re.sub(r"[-_.]+", "-", one.name).lower(), one.extras, found)

rows = {}
for text in sys.argv[1:]:
    asked, found = Requirement(text), {}
    needs(asked.name, asked.extras | {""}, found)
    octets = sum(file.locate().stat().st_size for one in found.values() for file in one.files or []
        if file.suffix != ".pyc" and file.locate().exists())
    rows[text] = {"distributions": sorted(set(found) - {asked.name}), "octets": octets}
print(json.dumps(rows))
"""
PACKAGES = ("valetkey", "authlib", "requests-oauthlib", "fastapi-users", "django-allauth[socialaccount]")
PACKAGES += ("social-auth-app-django",)
MODULES = ("client.js", "button.js", "signed-in.js")


def memory(names: list[str], logins: int) -> dict[str, dict[str, object]]:
    rows: dict[str, dict[str, object]] = {}
    with place() as here:
        for name in names:
            server = Server(name, PROGRAMS[name].command, PROGRAMS[name].env, here)
            server.up()
            one, start = Login(name, PROGRAMS[name], server), rss_mib(server.process.pid)
            while one.made < logins:
                one.load(1, 16)
            one.check()
            rows[name] = {
                "start_mib": round(start, 1),
                "after_mib": round(rss_mib(server.process.pid), 1),
                "logins": one.made,
            }
    return rows


def imports(times: int) -> dict[str, dict[str, object]]:
    taken: dict[str, list[tuple[float, float, list[str]]]] = {name: [] for name in IMPORTS}
    for turn in range(times + 1):
        for name in random.sample(list(IMPORTS), len(IMPORTS)):
            program = TIMED.format(module=IMPORTS[name], frameworks=FRAMEWORKS)
            done = run(PEERS, "-c", program)
            if turn:  # the first one compiles
                taken[name].append(json.loads(done))
    return {
        name: {
            "ms": round(statistics.median(wall for wall, _, _ in rows), 1),
            "cpu_ms": round(statistics.median(cpu for _, cpu, _ in rows), 1),
            "cpu_ms_lowest_highest": [round(edge(cpu for _, cpu, _ in rows), 1) for edge in (min, max)],
            "frameworks": rows[0][2],
        }
        for name, rows in taken.items()
    }


def sizes() -> dict[str, object]:
    """Octets of the wheel, of all that is installed, and of the browser module."""
    with tempfile.TemporaryDirectory() as directory:
        run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", directory)
        (wheel,) = Path(directory).glob("*.whl")
        with ZipFile(wheel) as archive:
            own = sum(one.file_size for one in archive.infolist())
        packed = wheel.stat().st_size
    installed = json.loads(run(PEERS, "-c", INSTALLED, *PACKAGES))
    # It is installed from here, as an editable: what would be installed is in the wheel.
    installed["valetkey"]["octets"] += own
    direct = [one for one in metadata.requires("valetkey") or [] if "extra ==" not in one]
    pages = ROOT / "src" / "valetkey" / "web" / "pages"
    module = {
        name: {"octets": len(read), "gzipped": len(gzip.compress(read, 9, mtime=0))}
        for name, read in ((name, (pages / name).read_bytes()) for name in MODULES)
    }
    return {
        "wheel_octets": packed,
        "dependencies": sorted(re.split(r"[^\w-]", one)[0] for one in direct),
        "installed": installed,
        "module": module,
    }


def run(python: object, *arguments: str) -> str:
    env = {**clean(), "PYTHONPATH": PYTHONPATH}
    done = subprocess.run([str(python), *arguments], cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"bench: {' '.join(arguments)[:60]} failed: {done.stderr[-600:]}")
    return done.stdout
