"""The core names no provider: not in a string, not in a name, and none of their hosts.

A provider is data, in a file of its own. What the core does otherwise for one of them is an argument of the record.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from valetkey.providers.record.built_in import RECIPES
from valetkey.testing.sandbox.played import CATALOGUE, PROVIDERS, X, class_of

SOURCE = Path(__file__).parents[2] / "src" / "valetkey"
CORE = ("crypto", "frameworks", "http_client", "login", "protocols", "sessions", "storage", "web")
# Names that are words of every program. In a string each counts all the same, if it is the whole string.
WORDS = {"kick", "line", "linear", "notion", "slack", "zoom"}
# What stands in the core, and why it must.
ALLOWED: dict[tuple[str, str], str] = dict.fromkeys(
    [("web/device_names.py", app) for app in ("Facebook", "Instagram", "LinkedIn", "LINE", "TikTok", "Twitter")],
    "the browser inside this app, as a list of devices shows it; it says nothing of a login",
)


@cache
def names() -> set[str]:
    titles = {recipe.title.lower() for recipe in RECIPES.values() if len(recipe.title) > 1}
    return {*RECIPES, *titles, "x.com"}


@cache
def hosts() -> set[str]:
    """Of the addresses that the sandbox knows, without www and the like."""
    fronts = [class_of(name) for name in (*PROVIDERS, *CATALOGUE) if name != X]
    found = {urlsplit(url).hostname or "" for front in fronts for url in addresses_of(front)}
    domains = {".".join(host.split(".")[-2:]) for host in found if host}
    return {one for one in domains if not one.endswith((".example", "example.com", "com.br"))} | {
        "x.com",
        "twitter.com",
    }


def addresses_of(front: object) -> list[str]:
    listed = getattr(front, "addresses", None)
    named = [str(getattr(front, name, "")) for name in ("request_token_url", "authorize_url", "access_token_url")]
    return [*(listed().values() if listed is not None else ()), *named]


def constants_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every string that is no documentation."""
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    loose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # after an assignment
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in documentation | loose:
            value = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
            if isinstance(value, str):
                yield node.lineno, value


def identifiers_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        for field in ("id", "attr", "name", "arg", "asname", "module"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield getattr(node, "lineno", 0), value


def found_in(code: str, names: set[str], hosts: set[str]) -> list[tuple[int, str]]:
    tree = ast.parse(code)
    host = re.compile(r"(?<![A-Za-z0-9\-])(" + "|".join(map(re.escape, sorted(hosts))) + r")(?![A-Za-z0-9\-])")
    found = [
        (line, text)
        for line, text in constants_of(tree)
        if text.strip().lower() in names or host.search(text.lower()) is not None
    ]
    for line, name in identifiers_of(tree):
        words = re.findall(r"[a-z]+[0-9]*|[A-Z][a-z0-9]*", name)
        if any(word.lower() in names - WORDS for word in words):
            found.append((line, name))
    return sorted(set(found))


@pytest.mark.parametrize("folder", CORE)
def test_it_names_none(folder: str) -> None:
    known, places = names(), hosts()
    found = {
        f"{file.relative_to(SOURCE)}:{line}: {text[:80]}"
        for file in sorted((SOURCE / folder).rglob("*.py"))
        for line, text in found_in(file.read_text(), known, places)
        if (str(file.relative_to(SOURCE)), text) not in ALLOWED
    }
    assert found == set()


@pytest.mark.parametrize(
    "code",
    [
        'if provider.name == "spotify": pass',
        'TITLE = "GitHub"',
        'URL = "https://api.twitch.tv/helix"',
        "def read_facebook_error(reply): pass",
        "from ..providers.google import google",
        'KINDS = {"line": 1}',
        'WORDS = rb"graph.facebook.com"',
    ],
)
def test_what_would_be_found(code: str) -> None:
    assert found_in(code, names(), hosts()) != []


def test_what_is_allowed_is_there() -> None:
    for file, text in ALLOWED:
        assert text in [found for _, found in found_in((SOURCE / file).read_text(), names(), hosts())]


def test_words_of_every_program_are_no_providers() -> None:
    code = 'for line in lines:\n    zoom(line, "the line", """Spotify has another."""[:3])'
    assert found_in(code.replace('"""Spotify has another."""[:3]', "slack"), names(), hosts()) == []
