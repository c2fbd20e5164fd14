"""The house keeps its own rules."""

from __future__ import annotations

import ast
import gzip
import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from valetkey.web.provider_list import PROTOCOL

ROOT = Path(__file__).parents[2]
# Written so that this file does not contain what it looks for.
HOSTS = "|".join(("py" + r"pi\.org", "python" + "hosted", "npm" + r"js\.(org|com)", "deb" + r"\.debian\.org"))
PATHS = r"(^|[^A-Za-z0-9_.-])/(" + "|".join(("wo" + "rk", "ro" + "ot", "fa" + "rm")) + r")/[A-Za-z.]"


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines()]


@pytest.mark.parametrize("pattern", [HOSTS, PATHS])
def test_no_file_names_a_registry_or_a_path_of_a_machine(pattern: str) -> None:
    found = []
    for file in tracked():
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{file.name}: {line[:80]}" for line in text.splitlines() if re.search(pattern, line)]
    assert found == []


def test_every_requirement_is_pinned_and_hashed() -> None:
    for name in ("dev", "oldest", "interop", "patroni", "uv"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert pins
        assert [line for line in pins if "==" not in line or not line.endswith("\\")] == []
        assert text.count("--hash=sha256:") >= len(pins)


def test_the_one_door() -> None:
    listed = subprocess.run([ROOT / "run"], capture_output=True, text=True, check=True).stdout
    for verb in ("demo", "test", "check", "bench", "soak", "sandbox", "shots", "picture", "client", "lock"):
        assert f"./run {verb}" in listed
    unknown = subprocess.run([ROOT / "run", "nonsense"], capture_output=True, text=True, check=False)
    assert unknown.returncode == 1
    assert "no such verb" in unknown.stderr


def test_no_test_of_the_contract_hides_another() -> None:
    """Its classes are put together by inheritance, where the same name twice is a test that never runs."""
    text = "".join(file.read_text() for file in (ROOT / "tests/contracts/store_contract").glob("*.py"))
    names = re.findall(r"^    def (test_\w+)", text, re.MULTILINE)
    assert len(names) > 100
    assert sorted(names) == sorted(set(names))


def test_attacks_meet_what_an_app_has_by_default() -> None:
    """``valetkey serve`` reads the profile, which is one more check behind the identity's. An attack that starts it is
    green though the check in front of it is gone. One file has the profile as its subject."""
    subject = "test_c38_closed_while_the_profile_is_read.py"
    starts = ("app_and_provider", "App", "Process")
    default = re.compile(r"""PROGRAM='(readme|serve --no-profile)'|Process\('readme'|'--no-profile'|'PROGRAM'""")
    started, at_fault = [], []
    for file in sorted([*(ROOT / "tests/attacks").glob("*.py"), ROOT / "tests/support/classic.py"]):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in starts:
                started.append(file.name)
                if not default.search(ast.unparse(node)) and file.name != subject:
                    at_fault.append(f"{file.name}: {ast.unparse(node)[:80]}")
    assert at_fault == []
    assert len(started) >= 12


def test_the_version_is_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert metadata.version("valetkey") == project["version"]
    for name in ("package.json", "package-lock.json"):
        assert json.loads((ROOT / "client" / name).read_text())["version"] == project["version"]


def test_the_package_and_the_backend_speak_one_protocol() -> None:
    source = (ROOT / "client/src/distribution/npm/protocol.js").read_text()
    (spoken,) = re.findall(r"^const PROTOCOL = (\d+);", source, re.MULTILINE)
    assert int(spoken) == PROTOCOL


LIMITS = {  # octets, gzipped
    "client.js": 3584,
    "button.js": 3200,
    "callback.js": 2880,
    "buttons.js": 1700,
    "signed-in.js": 2304,
    "watch.js": 2688,
    "return.js": 768,
    "classic.js": 1450,
    "token.js": 5696,
    "relay.js": 600,
    "account.js": 1300,
    "panel.js": 5936,
}


@pytest.mark.parametrize("name", LIMITS)
def test_the_module_is_small(name: str) -> None:
    """At most 3.5 KiB for a page on one origin that signs in; a button, and other deployments, load a file more."""
    built = (ROOT / "src" / "valetkey" / "web" / "pages" / name).read_bytes()
    assert 100 < len(gzip.compress(built, 9, mtime=0)) <= LIMITS[name]


@pytest.mark.parametrize(
    ("name", "types"),
    [("client", ["client"]), ("account", ["account"]), ("token", ["client", "account", "package/token"])],
)
def test_what_the_module_exports_is_typed(name: str, types: list[str]) -> None:
    """No more and no less than the declarations say."""
    built = (ROOT / "src" / "valetkey" / "web" / "pages" / f"{name}.js").read_text()
    (exported,) = re.findall(r"export\{(.+?)\};", built)
    names = {one.rpartition(" as ")[2] for one in exported.split(",")}
    declared = "".join((ROOT / f"client/src/{one}.d.ts").read_text() for one in types)
    typed = re.findall(r"^export (?:function|class) (\w+)", declared, re.MULTILINE)
    assert names == set(typed)
    assert len(typed) == len(names)


@pytest.mark.parametrize("folder", ["client", "client/tests/package", "tests/interop/node"])
def test_the_lock_names_no_registry(folder: str) -> None:
    """And its packages are held by their hashes all the same."""
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert packages
    assert [name for name, one in packages.items() if "resolved" in one or "integrity" not in one] == []


def test_the_public_names_are_few() -> None:
    import valetkey

    assert sorted(valetkey.__all__) == [
        "Account", "AccountNotFound", "Admin", "AsyncAdmin", "Device", "Identity", "Profile", "Provider", "Secret",
        "Session", "Settings", "SettingsError", "SignInRefused", "ValetkeyError",
    ]  # fmt: skip


def test_the_core_needs_no_framework() -> None:
    """Importing the library, and putting a whole one together, loads no web framework and no server."""
    script = "import valetkey, valetkey.login.assembly, valetkey.web.endpoints, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert "valetkey.login.service" in loaded
    assert [name for name in ("starlette", "fastapi", "uvicorn", "click", "httpx2", "pydantic") if name in loaded] == []


SOME, SKIPPED, FAILS = (
    "def test_it(): pass\n",
    "def test_other(): pytest.skip()\n",
    "@pytest.mark.xfail\ndef test_another(): assert False\n",
)
FEW = "FAULT attack: 1 tests passed, 2 are pinned"
NOT_RUN = "FAULT not run: tests/attacks/test_some.py::"


@pytest.mark.parametrize(
    ("test", "pinned", "faults", "workers"),
    [
        (SOME, 1, [], "0"),
        (SOME, 2, [FEW], "0"),
        (SOME + SKIPPED, 1, [f"{NOT_RUN}test_other"], "0"),
        (SOME + FAILS, 1, [f"{NOT_RUN}test_another"], "0"),
        (SOME, 1, [], "2"),
        (SOME + SKIPPED + FAILS, 2, [f"{NOT_RUN}test_other", f"{NOT_RUN}test_another", FEW], "2"),
    ],
    ids=["all", "too few", "a skip", "an expected failure", "all, by workers", "each fault, by workers"],
)
def test_a_skip_or_too_few_tests_fail(tmp_path: Path, test: str, pinned: int, faults: list[str], workers: str) -> None:
    """The census of tests/conftest.py bites, and lets an honest run through."""
    folder = tmp_path / "tests" / "attacks"
    folder.mkdir(parents=True)
    (folder / "test_some.py").write_text("import pytest\n" + test)
    (tmp_path / "tests" / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (tmp_path / "tests" / "counts.toml").write_text(f"attack = {pinned}\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", workers, "--full", "tests"]
    # The plugins of the libraries that are installed take longer than the test.
    plugins = [part for name in ("faker", "django", "anyio", "valetkey") for part in ("-p", f"no:{name}")]
    ran = subprocess.run([*command, *plugins], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode == 0) == (not faults), ran.stdout
    assert sorted(line for line in ran.stdout.splitlines() if line.startswith("FAULT")) == sorted(faults)
    assert "passed: 0 protocol, 0 contract, 0 framework, 1 attack" in ran.stdout


def test_no_test_hides_another() -> None:
    """Of two functions with one name Python keeps the last. ruff's F811 is off here, because of fixtures."""
    hidden = []
    for file in (ROOT / "tests").rglob("test_*.py"):
        if "node_modules" in file.parts:
            continue
        names = [one.name for one in ast.parse(file.read_text()).body if isinstance(one, ast.FunctionDef)]
        tests = [name for name in names if name.startswith("test_")]
        hidden += [f"{file.relative_to(ROOT)}: {name}" for name in set(tests) if tests.count(name) > 1]
    assert hidden == []
