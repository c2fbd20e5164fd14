"""The framework adapters import under the names that they had in version 0.1.0, too."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import sys
from importlib import import_module
from support import django_site
django_site.configure()
for name in ("django.middleware", "django.urls", "fastapi", "flask", "flask.current", "litestar", "starlette"):
    first, then = (import_module(f"valetkey.{place}.{name}") for place in sys.argv[1:])
    assert first is then, name
    assert first.__spec__.name == first.__name__ == f"valetkey.frameworks.{name}"
print("same")
"""


@pytest.mark.parametrize("order", [("web", "frameworks"), ("frameworks", "web")])
def test_an_old_name_is_the_same_module(order: tuple[str, str]) -> None:
    """Whichever name comes first. A second copy of a module would keep state of its own."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *order],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout == "same\n", done.stderr
