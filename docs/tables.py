"""Writes what docs/errors/README.md and docs/http.md say of each error, from ``valetkey.errors``: ``./run docs``.

In docs/errors a row keeps its place, and its status, message and hint are written again. A new error needs a row with
its code in the section of those who must act; then run this.
"""

from __future__ import annotations

import re
from pathlib import Path

from valetkey.errors import known_errors
from valetkey.web.module_errors import MODULE_ERRORS

ROOT = Path(__file__).parents[1]
ERRORS = ROOT / "docs" / "errors" / "README.md"
HTTP = ROOT / "docs" / "http.md"

_ROW = re.compile(r"^\| `(\w+)` \|.*\|$", re.MULTILINE)
_OWN = re.compile(r"(?<=\| code \| what it means \| hint \|\n\|---\|---\|---\|\n)(\| .+ \|\n)*")
_STATUSES = re.compile(r"(?<=\| status \| codes \|\n\|---\|---\|\n)(\| .+ \|\n)+")


def errors_page(text: str) -> str:
    """docs/errors/README.md with the rows of the tables that have a status, without those of codes that are gone, and
    the rows of the module's own codes."""
    tables, browser, rest = text.partition("\n## In the browser\n")
    own = "".join(f"| `{one.code}` | {one.message} | {one.hint} |\n" for one in MODULE_ERRORS)
    known = known_errors()

    def row(found: re.Match[str]) -> str:
        kind = known.get(found[1])
        return f"| `{found[1]}` | {kind.status} | {kind.message} | {kind.hint} |" if kind else ""

    return re.sub(r"\|\n\n+(?=\| `)", "|\n", _ROW.sub(row, tables)) + browser + _OWN.sub(lambda _: own, rest)


def http_page(text: str) -> str:
    """docs/http.md with the table of statuses and codes."""
    codes: dict[int, list[str]] = {}
    for code, kind in sorted(known_errors().items()):
        codes.setdefault(kind.status, []).append(f"`{code}`")
    rows = [f"| {status} | {', '.join(codes[status])} |\n" for status in sorted(codes)]
    return _STATUSES.sub("".join(rows).replace("\\", r"\\"), text)


def main() -> None:
    for page, write in ((ERRORS, errors_page), (HTTP, http_page)):
        page.write_text(write(page.read_text()))
        print(page.relative_to(ROOT))
    for code in sorted(set(known_errors()) - set(_ROW.findall(ERRORS.read_text()))):
        print(f"docs/errors has no row for `{code}` yet")


if __name__ == "__main__":
    main()
