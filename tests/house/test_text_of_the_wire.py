"""Modules that read from the wire use ``valetkey.protocols.grammar``, not Python's Unicode text methods.

What stands in ``MAY`` reads something else than the wire; each entry says what. An entry that is not needed fails, too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "valetkey"
# Without an argument these go by Unicode's idea of white space; the others always go by Unicode.
BARE = {"strip", "lstrip", "rstrip", "split", "rsplit"}
ALWAYS = {
    "casefold", "isalnum", "isalpha", "isdecimal", "isdigit", "isidentifier", "isnumeric", "isprintable", "isspace",
    "lower", "splitlines", "title", "upper",
}  # fmt: skip
NUMBERS = {"float", "int"}
CLASSES = re.compile(r"\\[dDsSwWbB]|(?<!\\)\$$")  # \d and the like, and a $ that also matches before a line end

# Everything that is handed text from the wire. The rest reads settings, databases and its own values.
WIRE_FACING = (
    "crypto", "frameworks", "http_client", "login", "protocols", "providers", "sessions", "testing/sandbox", "web",
)  # fmt: skip

CONFIG = "reads settings, which the app's own people write"
OCTETS = "bytes.lower() and bytes.upper() know ASCII only"
OURS = "reads what this package or the app has written itself"
JUDGED = "reads what a pattern or the grammar has found to be ASCII digits or letters"
NUMBER = "is given a number"
PEOPLE = "reads a name for people, which is Unicode"
TESTS = "reads what a test has ordered at the sandbox's control"
MAY = {
    ("crypto/entropy.py", "isalpha"): CONFIG,
    ("crypto/entropy.py", "isdigit"): CONFIG,
    ("crypto/entropy.py", "lower"): CONFIG,
    ("login/identification.py", "isprintable"): PEOPLE,
    ("login/server_clock.py", "int"): NUMBER,
    ("sessions/cache.py", "float"): NUMBER,
    ("protocols/grammar.py", "int"): JUDGED,
    ("protocols/grammar.py", "lower"): JUDGED,
    ("sessions/tokens.py", "int"): OURS,  # the version of an installed library
    ("protocols/openid/id_token.py", "int"): NUMBER,
    ("protocols/openid/protocol.py", "split"): CONFIG,
    ("protocols/refusals.py", "int"): JUDGED,
    ("protocols/replies.py", "int"): JUDGED,
    ("protocols/oauth1/signature.py", "lower"): CONFIG,
    ("protocols/oauth1/signature.py", "upper"): OURS,
    ("protocols/strict_json.py", "float"): JUDGED,
    ("providers/record/provider.py", "strip"): PEOPLE,
    ("testing/sandbox/__main__.py", "int"): OURS,  # the port, from the app that starts it
    ("testing/sandbox/connection.py", "lower"): OCTETS,
    ("testing/sandbox/faults.py", "float"): TESTS,
    ("testing/sandbox/faults.py", "int"): TESTS,
    ("testing/sandbox/messages.py", "lower"): OURS,  # the names of headers that are sent
    ("testing/sandbox/catalogue/wikimedia.py", "int"): NUMBER,
    ("testing/sandbox/oauth1/app_key.py", "int"): OURS,
    ("testing/sandbox/oauth1/facts.py", "int"): JUDGED,
    ("testing/sandbox/oauth1/facts.py", "upper"): OURS,  # the name of a provider
    ("testing/sandbox/oauth1/verifying.py", "int"): JUDGED,
    ("testing/sandbox/oauth1/x.py", "int"): NUMBER,
    ("testing/sandbox/oauth2/facts.py", "int"): JUDGED,
    ("testing/sandbox/oauth2/facts.py", "upper"): OURS,  # the name of a provider
    ("testing/sandbox/openid/front.py", "int"): NUMBER,
    ("testing/sandbox/personas.py", "isalnum"): PEOPLE,
    ("testing/sandbox/personas.py", "upper"): PEOPLE,
    ("testing/sandbox/oauth1/signature.py", "int"): JUDGED,
    ("testing/sandbox/oauth1/signature.py", "lower"): OCTETS,
    ("testing/sandbox/oauth1/signature.py", "upper"): OURS,  # the method, as the server has parsed it
    ("testing/sandbox/state.py", "float"): TESTS,
    ("testing/sandbox/state.py", "int"): TESTS,
    ("sessions/service.py", "int"): NUMBER,
    ("http_client/tunnel.py", "int"): JUDGED,
    ("http_client/wire.py", "lower"): OCTETS,
    ("web/account_endpoints.py", "int"): NUMBER,
    ("frameworks/asgi.py", "lower"): OCTETS,
    ("web/clients.py", "int"): NUMBER,
    ("frameworks/django/checks.py", "splitlines"): OURS,
    ("providers/record/by_issuer.py", "upper"): CONFIG,
    ("providers/record/openid.py", "upper"): CONFIG,
    ("providers/record/recipe.py", "upper"): CONFIG,
    ("providers/zitadel.py", "strip"): CONFIG,
    ("frameworks/django/conf.py", "lower"): CONFIG,
    ("frameworks/django/conf.py", "upper"): CONFIG,
    ("frameworks/django/requests.py", "lstrip"): OURS,
    ("frameworks/django/starting.py", "splitlines"): OURS,
    ("frameworks/django/users.py", "regex"): PEOPLE,  # Django's own alphabet of user names
    ("web/origins.py", "lower"): JUDGED,
    ("web/pages/template_files.py", "regex"): CONFIG,  # templates
    ("web/pages/__init__.py", "strip"): OURS,
    ("web/startup/in_process.py", "int"): OURS,  # the start-up check reads the app's answers
    ("web/startup/in_process.py", "lower"): OURS,
    ("web/startup/in_process.py", "split"): OURS,
    ("web/startup/in_process.py", "upper"): OURS,
    ("web/startup/verdicts.py", "lower"): OURS,
    ("web/startup/verdicts.py", "strip"): OURS,
    ("web/startup/verdicts.py", "title"): OURS,
    ("web/buckets.py", "float"): NUMBER,
    ("web/once_per_minute.py", "float"): NUMBER,
}


def uses(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """(what, line) of each method, number and regular expression that goes by Unicode."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            named, given = node.func, bool(node.args)
            if isinstance(named, ast.Attribute) and (named.attr in ALWAYS or (named.attr in BARE and not given)):
                yield named.attr, node.lineno
            if isinstance(named, ast.Name) and named.id in NUMBERS:
                yield named.id, node.lineno
            if isinstance(named, ast.Attribute) and ast.unparse(named.value) == "re":
                pattern = node.args[0]
                for part in ast.walk(pattern):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and CLASSES.search(part.value):
                        yield "regex", node.lineno


def found() -> dict[tuple[str, str], list[int]]:
    lines: dict[tuple[str, str], list[int]] = {}
    files = [one for name in WIRE_FACING for one in (SOURCE / name, *(SOURCE / name).rglob("*.py")) if one.is_file()]
    for file in files:
        name = str(file.relative_to(SOURCE))
        for what, line in uses(ast.parse(file.read_text())):
            lines.setdefault((name, what), []).append(line)
    return lines


def test_text_of_the_wire_is_read_by_its_grammar() -> None:
    unexplained = {key: lines for key, lines in found().items() if key not in MAY}
    assert unexplained == {}


def test_no_exception_is_left_over() -> None:
    assert sorted(set(MAY) - set(found())) == []


def test_it_sees_what_it_looks_for() -> None:
    """The control: each kind of slip is found, and what is exact is not."""
    slips = (
        "a.strip(); a.isdigit(); a.splitlines(); a.split(); int(a); re.compile(r'\\s+'); re.match('a$', b); a.lower()"
    )
    assert len(list(uses(ast.parse(slips)))) == 8
    exact = "a.strip(OWS); a.split(';'); trim(a); number(a); re.compile(r'[0-9]+')"
    assert list(uses(ast.parse(exact))) == []
