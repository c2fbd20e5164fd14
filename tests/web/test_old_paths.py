"""``valetkey.web.fastapi`` and the other old paths of the adapters are the same modules as the new ones."""

from __future__ import annotations

from importlib import import_module

import pytest
from support import django_site

django_site.configure()


@pytest.mark.parametrize(
    "name", ["fastapi", "starlette", "litestar", "flask", "django", "django.middleware", "django.urls"]
)
def test_an_old_path(name: str) -> None:
    assert import_module(f"valetkey.web.{name}") is import_module(f"valetkey.frameworks.{name}")
    assert import_module(f"valetkey.frameworks.{name}").__name__ == f"valetkey.frameworks.{name}"
