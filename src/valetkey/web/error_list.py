"""``GET errors``: one page that explains every code, so that a hint in a console has a place to link to.

The page is the same for every request, and is built when the app starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from ..errors import (
    DeveloperError,
    ProviderError,
    RefusedError,
    StoreError,
    UserError,
    ValetkeyError,
    known_errors,
)
from .module_errors import MODULE_ERRORS

_WHO_ACTS: tuple[tuple[str, type[ValetkeyError]], ...] = (
    ("You, the app's developer", DeveloperError),
    ("The provider, or you in its settings", ProviderError),
    ("The user", UserError),
    ("The database's administrator", StoreError),
    ("Nobody: the request looks like an attack", RefusedError),
    ("valetkey", ValetkeyError),
)


def error_list(prefix: str) -> str:
    """Return the page, as HTML.

    Args:
        prefix: the path of the routes, as browsers see it.
    """
    return f"""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>Errors of valetkey</title>
  <link rel="stylesheet" href="{escape(prefix)}/pages.css">
</head>
<body>
  <main class="codes">
    <h1>Errors of valetkey</h1>
    <p>Each error has a code that never changes, an HTTP status, a sentence for the user and a hint for you. Where one
    request has a more exact hint, its answer and the log have it.</p>
{"".join(_groups())}  </main>
</body>
</html>
"""


def _groups() -> Iterator[str]:
    left = dict(sorted(known_errors().items()))
    for title, kind in _WHO_ACTS:
        found = [(code, left.pop(code)) for code in list(left) if issubclass(left[code], kind)]
        yield _group(title, ((code, str(one.status), one.message, one.hint) for code, one in found))
    yield _group("In the browser", ((one.code, "in the module", one.message, one.hint) for one in MODULE_ERRORS))


def _group(title: str, rows: Iterable[tuple[str, str, str, str]]) -> str:
    return f"    <h2>{escape(title)}</h2>\n" + "".join(
        f'    <section id="{code}">\n'
        f'      <h3><a href="#{code}"><code>{code}</code></a><small>{status}</small></h3>\n'
        f"      <p>{escape(message)}</p>\n"
        f"      <p>{escape(hint)}</p>\n"
        "    </section>\n"
        for code, status, message, hint in rows
    )
