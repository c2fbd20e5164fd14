"""A server that others wrote, and our app beside it. Each server is started once, and they take turns."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .partners import PARTNERS, Partner
from .sites import Site, site_of


@pytest.fixture(scope="session", params=PARTNERS, ids=lambda partner: partner.name.replace(": ", "-"))
def started_site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """For tests that every server plays."""
    partner: Partner = request.param
    with site_of(partner) as made:
        yield made


@pytest.fixture
def site(started_site: Site) -> Site:
    """The same, without what the test before it has left."""
    started_site.forget_codes()
    return started_site
