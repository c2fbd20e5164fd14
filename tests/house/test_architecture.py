"""docs/architecture.md and docs/glossary.md say where things are."""

from __future__ import annotations

import ast
import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from valetkey.providers.record.built_in import RECIPES

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


ROWS = [
    (row, re.findall(r"`([^`]+)`", where)) for row, where in re.findall(r"^\|(.*)\| (`.+`) \|$", GLOSSARY, re.MULTILINE)
]


def place_of(path: str) -> Path:
    """A file or a folder that the glossary names."""
    return (ROOT if path.startswith("client/") else SOURCE) / path


def test_every_file_that_is_named_exists() -> None:
    assert [path for _, paths in ROWS for path in paths if not place_of(path).exists()] == []
    assert len(ROWS) > 50


def test_every_name_of_the_glossary_is_where_it_says() -> None:
    missing, named = [], 0
    for row, paths in ROWS:
        files = [file for path in map(place_of, paths) for file in (path.rglob("*.py") if path.is_dir() else [path])]
        text = "".join(file.read_text() for file in files)
        for name in re.findall(r"`([A-Z][A-Za-z]+)`", row):
            named += 1
            if not re.search(rf"\b{name}\b", text):
                missing.append(f"{name}: {paths}")
    assert missing == []
    assert named > 8


# What a provider's file is made of. Another provider's file is none of it.
A_PROVIDER_IMPORTS = {
    "crypto", "errors", "models", "protocols", "providers.record",
    *(f"providers.record.{name}" for name in ("appearance", "claims", "fields", "provider", "recipe")),
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


@pytest.mark.parametrize("name", RECIPES)
def test_a_provider_knows_no_other(name: str) -> None:
    """Its file is named after it, so that a newcomer finds it."""
    assert imports_of(f"valetkey.providers.{name}") <= A_PROVIDER_IMPORTS


def test_what_a_provider_must_not_import_is_seen() -> None:
    """The control."""
    assert "providers.record.by_issuer" in imports_of("valetkey.settings.provider_variables")
