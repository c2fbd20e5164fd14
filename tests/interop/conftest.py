"""A server that others wrote, and our app beside it. Each server is started once for a file, and they take turns."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .partners import HERE, PARTNERS, Partner
from .sites import Site, site_of


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Note what a test is played with, for the tables of docs/interop.md."""
    for item in items:
        if item.path.parent == HERE and isinstance(item, pytest.Function) and hasattr(item, "callspec"):
            for name, value in item.callspec.params.items():
                noted = {"started_site": "server", "partner": "server", "peer": "client"}.get(name, name)
                item.user_properties.append((noted, getattr(value, "name", str(value))))


def label(partner: Partner) -> str:
    """As the id of a test."""
    return partner.name.replace(": ", "-")


def played_by(*partners: Partner) -> pytest.MarkDecorator:
    """For a test that only these servers play."""
    return pytest.mark.parametrize("started_site", partners, indirect=True, ids=label, scope="module")


@pytest.fixture(scope="module", params=PARTNERS, ids=label)
def started_site(request: pytest.FixtureRequest) -> Iterator[Site]:
    partner: Partner = request.param
    with site_of(partner) as made:
        yield made


@pytest.fixture
def site(started_site: Site) -> Site:
    """For tests that every server plays: without what the test before has left."""
    started_site.forget_codes()
    return started_site
