"""The examples whose page has a build of its own: built, and run as their package.json says.

A build is kept while nothing changes that it is made of. ``./run`` installs what the builds need.
"""

from __future__ import annotations

import hashlib
import json
import os
import runpy
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from valetkey.testing.sandbox import SandboxSettings, environment_of

from .servers import SECRET
from .uvicorns import serving

EXAMPLES = Path(__file__).parents[2] / "examples"
PROVIDERS = ("google", "github", "twitter")
DEFAULT_BACKEND = "http://127.0.0.1:8000"
NOT_SOURCES = {"node_modules", "dist", ".next", "next-env.d.ts", "tsconfig.tsbuildinfo"}


def built(name: str) -> Path:
    """Run ``npm run build``, which checks the types, too; the folder that it writes."""
    directory = EXAMPLES / name
    if not (directory / "node_modules" / "valetkey").is_dir():
        pytest.fail(f"examples/{name} is not installed; ./run test installs it")
    result = directory / (".next" if name == "next" else "dist")
    stamp, made_of = directory / "node_modules" / ".built", _made_of(directory)
    if not (result.is_dir() and stamp.is_file() and stamp.read_text() == made_of):
        stamp.unlink(missing_ok=True)
        shutil.rmtree(result, ignore_errors=True)
        done = subprocess.run(script(name, "build"), cwd=directory, env=_environment(), capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        stamp.write_text(made_of)
    return result


def _made_of(directory: Path) -> str:
    parts = [subprocess.run(["node", "--version"], capture_output=True, check=True).stdout]
    sources = [one for one in sorted(directory.iterdir()) if one.name not in NOT_SOURCES]
    for root in (*sources, directory / "node_modules" / "valetkey"):
        for file in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if file.is_file():
                parts += [str(file.relative_to(directory)).encode(), file.read_bytes()]
    return hashlib.sha256(b"".join(len(part).to_bytes(8) + part for part in parts)).hexdigest()


def script(name: str, verb: str, *arguments: str) -> list[str]:
    """What ``npm run`` runs, without npm around it."""
    text = json.loads((EXAMPLES / name / "package.json").read_text())["scripts"][verb]
    return ["sh", "-c", f'{text} "$@"', "sh", *arguments]


def _environment(**more: str) -> dict[str, str]:
    tools = os.pathsep.join(("node_modules/.bin", os.environ["PATH"]))
    return {"PATH": tools, "HOME": os.environ.get("HOME", "/"), "NEXT_TELEMETRY_DISABLED": "1", **more}


@contextmanager
def page_server(name: str, verb: str, port: int, backend: str, directory: Path | None = None) -> Iterator[None]:
    """A server of the page, until it is asked no more."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            script(name, verb, "--port", str(port)),
            cwd=directory or EXAMPLES / name,
            env=_environment(BACKEND=backend),
            stdout=log,
            stderr=log,
            process_group=0,
        )
        try:
            deadline = time.monotonic() + 120  # Next compiles the page for its first answer
            while not _answers(f"http://127.0.0.1:{port}/"):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    pytest.fail(f"the page of {name} is not served:\n{log.read().decode()}")
                time.sleep(0.05)
            yield
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(15)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=30):
            return True
    except OSError:
        return False


@contextmanager
def built_next(backend: str) -> Iterator[Path]:
    """A copy of Next's build, for another backend: the address of the backend is a part of the build."""
    with tempfile.TemporaryDirectory() as kept:
        copy = Path(kept)
        shutil.copytree(built("next"), copy / ".next", ignore=shutil.ignore_patterns("cache", "dev"))
        for file in (copy / ".next").glob("r*.js*"):
            file.write_text(file.read_text().replace(DEFAULT_BACKEND, backend))
        for one in ("package.json", "next.config.ts", "node_modules"):
            (copy / one).symlink_to(EXAMPLES / "next" / one)
        yield copy


@contextmanager
def backend(sandbox: SandboxSettings, site: str, port: int, database: Path, page: Path | None = None) -> Iterator[None]:
    """The examples' backend for the page at ``site``; with ``page``, it serves what was built there, too."""
    with pytest.MonkeyPatch.context() as patch:
        variables = {
            "VALETKEY_URL": site,
            "VALETKEY_SECRET": SECRET,
            "VALETKEY_DATABASE": f"sqlite:///{database}",
            "VALETKEY_PROVIDERS": ",".join(PROVIDERS),
            "VALETKEY_PROXIES": "127.0.0.1",
            **{key: value for one in PROVIDERS for key, value in environment_of(sandbox, one).items()},
            **({"PAGE": str(page)} if page else {}),
        }
        for key, value in variables.items():
            patch.setenv(key, value)
        app = runpy.run_path(str(EXAMPLES / "spa-backend" / "backend.py"))["app"]
    with serving(app, port):
        yield
