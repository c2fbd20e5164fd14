"""docs/architecture.md and docs/glossary.md say where things are."""

from __future__ import annotations

import ast
import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from valetkey.providers.built_in import RECIPES

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "valetkey"
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()
GLOSSARY = (ROOT / "docs/glossary.md").read_text()


def shown() -> list[str]:
    """The entries of the tree in docs/architecture.md, from top to bottom."""
    tree = ARCHITECTURE.partition("\nsrc/valetkey/\n")[2].partition("\nclient/src/")[0]
    return re.findall(r"^  (\w[\w.]*)/? ", tree, re.MULTILINE)


def test_the_tree_is_the_tree() -> None:
    there = {one.name for one in SOURCE.iterdir() if one.suffix in ("", ".py") and not one.name.startswith("__")}
    assert sorted(shown()) == sorted(there)


def test_its_order_is_that_of_the_imports() -> None:
    """A module imports from above itself only. Modules of one layer may stand in any order."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = [one["layers"] for one in contracts if one.get("containers") == ["valetkey"]]
    rank = {name: number for number, layer in enumerate(reversed(layers)) for name in layer.split(" | ")}
    ranks = [rank[name.removesuffix(".py")] for name in shown()]
    assert ranks == sorted(ranks)
    assert len(ranks) == len(rank)


def test_every_file_that_is_named_exists() -> None:
    missing = []
    rows = re.findall(r"^\|.*\| (`.+`) \|$", GLOSSARY, re.MULTILINE)
    for path in (path for row in rows for path in re.findall(r"`([^`]+)`", row)):
        base = ROOT if path.startswith("client/") else SOURCE
        if not (base / path).exists():
            missing.append(path)
    assert missing == []
    assert len(rows) > 50


def test_every_name_of_the_glossary_is_in_the_code() -> None:
    text = "".join(file.read_text() for file in SOURCE.rglob("*.py"))
    named = set(re.findall(r"`([A-Z][A-Za-z]+)`", GLOSSARY))
    assert len(named) > 8
    assert {name for name in named if not re.search(rf"^(class )?{name}\b", text, re.MULTILINE)} <= {"Date"}


# What a provider's file is made of. Another provider's file is none of it.
A_PROVIDER_IMPORTS = {
    "crypto", "errors", "models", "protocols", "providers.appearance", "providers.base", "providers.claims",
    "providers.recipe",
}  # fmt: skip


def imports_of(module: str) -> set[str]:
    """The parts of valetkey that a module imports, inside functions, too: the whole name in its own package."""
    package = module.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(Path(str(import_module(module).__file__)).read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package if node.level == 1 else package.rpartition(".")[0]
            names = [node.module] if node.module else [one.name for one in node.names]
            found.update(f"{base}.{name}".removeprefix("valetkey.") for name in names)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            found.update(name.removeprefix("valetkey.") for name in names if name.startswith("valetkey"))
    return {name if name.startswith("providers.") else name.partition(".")[0] for name in found}


@pytest.mark.parametrize("name", [*RECIPES, "oidc"])
def test_a_provider_knows_no_other(name: str) -> None:
    """Its file is named after it, so that a newcomer finds it."""
    assert imports_of(f"valetkey.providers.{name}") <= A_PROVIDER_IMPORTS


def test_what_a_provider_must_not_import_is_seen() -> None:
    """The control."""
    assert "providers.oidc" in imports_of("valetkey.settings.provider_variables")
