"""Every fact about a transport holds for each of them."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator

import pytest
from support.authority import Authority
from support.transports import Client

from valetkey.http_client import Outgoing


@pytest.fixture(params=["loop", "uvloop", "thread"])
def make_client(request: pytest.FixtureRequest) -> Iterator[Callable[..., Client]]:
    clients: list[Client] = []

    def make(trust: ssl.SSLContext | None = None, outgoing: Outgoing | None = None) -> Client:
        clients.append(Client(request.param, trust, outgoing))
        return clients[-1]

    yield make
    for client in clients:
        client.stop()


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trust(authority: Authority) -> ssl.SSLContext:
    """A context that trusts the tests' authority."""
    return ssl.create_default_context(cafile=str(authority.file))
