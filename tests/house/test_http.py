"""docs/http.md says what the routes, the errors and the states of a login are, no more and no less."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from valetkey import Settings
from valetkey.errors import known_errors
from valetkey.http_client.runner import ThreadRunner
from valetkey.login.assembly import assemble
from valetkey.login.states import Status
from valetkey.web import pages
from valetkey.web.endpoints import Endpoints
from valetkey.web.fields import FORM
from valetkey.web.http import Incoming, Reply

ROOT = Path(__file__).parents[2]
PAGE = re.sub(r"<!--.*?-->", "", (ROOT / "docs/http.md").read_text(), flags=re.DOTALL)
ROUTES: dict[str, set[str]] = {}  # path below the prefix → methods
for method, path in re.findall(r"^### `([A-Z]+) /auth/(\S+)`$", PAGE, re.MULTILINE):
    ROUTES.setdefault(path, set()).add(method)
FILES = re.findall(r"`([\w-]+\.(?:js|css))`", PAGE.partition("\n## Files\n")[2].partition("\n## ")[0])
LISTED_PAGE = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    environment = {
        "TWITTER_CONSUMER_KEY": "key",
        "TWITTER_CONSUMER_SECRET": "secret",
        "TWITTER_CALLBACK_URL": "http://127.0.0.1:8000/auth/twitter",
        "GITHUB_CLIENT_ID": "id",
        "GITHUB_CLIENT_SECRET": "secret",
        "GITHUB_CALLBACK_URL": f"http://127.0.0.1:8000/auth/github,{LISTED_PAGE}",
        "VALETKEY_PROVIDERS": "twitter,github",
        "VALETKEY_SECRET": "7xUBWR0gn4n6PXzADtuJeq5ECFHBQx5x6QHHcgvBByvqFHQa",
        "VALETKEY_DATABASE": f"sqlite:///{tmp_path_factory.mktemp('http')}/app.db",
        "VALETKEY_HEALTH": "on",
    }
    assembly = assemble(Settings.from_environment(environment), blocking=True)
    yield Endpoints(assembly)
    ThreadRunner().run(assembly.close())


def concrete(path: str) -> str:
    """A page is listed for GitHub alone."""
    provider = "github" if path.endswith("/authorize") else "twitter"
    return path.replace("{provider}", provider).replace("{id}", "some")


def answer(endpoints: Endpoints, method: str, path: str) -> Reply:
    return ThreadRunner().run(endpoints.answer(Incoming(method=method, path=concrete(path))))


@pytest.mark.parametrize("path", ROUTES)
def test_a_route_has_the_methods_that_the_page_says(endpoints: Endpoints, path: str) -> None:
    refused = answer(endpoints, "PUT", path)
    assert refused.status == 405
    (allowed,) = [value for name, value in refused.headers if name == "allow"]
    assert set(allowed.split(", ")) == ROUTES[path] | ({"HEAD"} if path in {*FILES, "providers", "health"} else set())
    for method in ROUTES[path]:
        assert answer(endpoints, method, path).status != 405


QUERIES = (
    "",
    "error=x&state=y",
    "code=c&state=s",
    "oauth_token=a&oauth_verifier=b",
    "code=expired",
    f"login={'a' * 22}",
    f"redirect_uri={LISTED_PAGE}&state=s",
)


def test_every_redirect_ends_in_a_fragment(endpoints: Endpoints) -> None:
    """Whatever a browser asks each route for, its answer lets no fragment through."""
    headers = [("accept", "text/html"), ("sec-fetch-site", "same-origin")]
    redirected = set()
    for path, methods in ROUTES.items():
        at = concrete(path)
        for method, query in product(methods, QUERIES):
            form = {"headers": [*headers, ("content-type", FORM)], "body": query.encode()} if method == "POST" else {}
            asked = Incoming(**{"method": method, "path": at, "query": query, "headers": headers, **form})
            reply = ThreadRunner().run(endpoints.answer(asked))
            if 300 <= reply.status < 400:
                (location,) = [value for name, value in reply.headers if name == "location"]
                assert "#" in location, (method, path, query)
                redirected.add(path)
    assert redirected == {"{provider}", "{provider}/authorize", "{provider}/return"}


def test_no_route_is_missing() -> None:
    """The words that the router compares a path with are those of the page."""
    routers = [
        node
        for file in (ROOT / "src/valetkey/web").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name in ("_route", "_handlers")
    ]
    assert len(routers) == 2
    nodes = [node for router in routers for node in ast.walk(router)]
    compared = [part for node in nodes if isinstance(node, ast.Compare) for part in ast.walk(node)]
    words = {part.value for part in compared if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    written = {word for path in ROUTES for word in path.split("/") if word.isalpha()}
    assert {word for word in words if word.islower()} == written
    assert len(written) > 5


def test_the_files_are_those_that_are_served() -> None:
    assert len(set(FILES)) == len(FILES)
    directory = ROOT / "src/valetkey/web/pages"
    assert set(FILES) == {file.name for file in directory.glob("*.*") if pages.asset(file.name) is not None}


def test_every_route_stands_in_the_first_table() -> None:
    table = PAGE.partition("\n## ")[0]
    listed = re.findall(r"^\| \[`([A-Z]+) /auth/(\S+)`\]", table, re.MULTILINE)
    assert sorted(listed) == sorted((method, path) for path, methods in ROUTES.items() for method in methods)


def test_every_code_has_its_status() -> None:
    rows = re.findall(r"^\| ([45]\d\d) \| (.+) \|$", PAGE.partition("\n## Error codes\n")[2], re.MULTILINE)
    written = [(code, int(status)) for status, codes in rows for code in re.findall(r"`(\w+)`", codes)]
    assert sorted(written) == sorted((code, kind.status) for code, kind in known_errors().items())


def test_no_code_of_a_route_is_unknown() -> None:
    routes = " ".join(re.findall(r"^Errors.*?\n(?=\n)", PAGE, re.MULTILINE | re.DOTALL))
    named = re.findall(r"`([a-z_]+)`", routes)
    assert len(named) > 20
    assert set(named) <= set(known_errors())


def test_the_states_are_those_of_the_code() -> None:
    table = PAGE.partition("\n| state | meaning |\n")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(get_args(Status))
