"""A host has several addresses, and some do not answer: it costs a quarter of a second each, never the deadline. A
resolver that does not answer costs the deadline and nothing else."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from support.deaf import answers, deaf
from support.scripted import close, hang, reply, scripted
from support.servers import free_port
from support.transports import Client
from support.waiting import wait_for

from valetkey.http_client import LoopTransport, TransportError
from valetkey.http_client.resolver import MAX_LOOKUPS, MAX_REMEMBERED, Endpoint, Resolver
from valetkey.protocols.http import HttpRequest
from valetkey.settings.outgoing import address_of

DEAD = ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5")
ALIVE = "127.0.0.1"

Name = Callable[..., None]


@pytest.fixture
def in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next address is asked when the one before it has failed, and not because this machine is busy for a moment.
    One that is wrongly asked first is seen, and waited for."""
    monkeypatch.setattr("valetkey.http_client.race.DELAY_SECONDS", 10.0)


@pytest.fixture
def name(monkeypatch: pytest.MonkeyPatch) -> Name:
    """Let every name stand for these addresses."""

    def stand_for(*hosts: str) -> None:
        def getaddrinfo(host: str, port: int, family: int = 0, *_: Any, **__: Any) -> list[Any]:
            return [one for one in answers(list(hosts), port) if family in (0, one[0])]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return stand_for


def fault(client: Client, url: str, budget: float) -> tuple[TransportError, float]:
    begun = time.monotonic()
    with pytest.raises(TransportError) as raised:
        client.send(url, budget)
    return raised.value, time.monotonic() - begun


@pytest.mark.parametrize("dead", [DEAD[:1], DEAD], ids=["one", "four"])
def test_dead_addresses_before_one_that_is_alive(client: Client, name: Name, dead: tuple[str, ...]) -> None:
    with scripted(reply(b"ok")) as server, deaf(server.port, *dead):
        name(*dead, ALIVE)
        begun = time.monotonic()
        assert client.send(server.url, 3).body == b"ok"
        assert time.monotonic() - begun < 0.25 * len(dead) + 0.75
    assert (server.accepted, len(server.requests)) == (1, 1)


def test_each_address_gets_its_turn_in_a_short_time(client: Client, name: Name) -> None:
    """With a second left the attempts stand closer together."""
    with scripted(reply(b"ok")) as server, deaf(server.port, *DEAD):
        name(*DEAD, ALIVE)
        assert client.send(server.url, 1.0).body == b"ok"


def test_a_dead_ipv6_address(client: Client, name: Name) -> None:
    """The kind that is most common: the name has both, and IPv6 leads nowhere."""
    with scripted(reply(b"ok")) as server, deaf(server.port, DEAD[0]):
        name("::1", DEAD[0], ALIVE)  # nobody listens at ::1: it refuses
        assert client.send(server.url, 2).body == b"ok"


def test_addresses_that_refuse_cost_no_time(client: Client, name: Name) -> None:
    """To each of three clients, but for what a busy machine costs some of them."""
    took = []
    name(*DEAD, "::1", ALIVE)
    for _ in range(3):
        one = Client(client.kind)
        with scripted(reply(b"ok")) as server:
            begun = time.monotonic()
            assert one.send(server.url, 2).body == b"ok"
            took.append(time.monotonic() - begun)
        one.stop()
    assert min(took) < 0.25


def test_all_dead_is_the_deadline_once(client: Client, name: Name) -> None:
    port = free_port()
    with deaf(port, *DEAD):
        name(*DEAD)
        raised, took = fault(client, f"http://localhost:{port}/", 0.8)
    assert not raised.maybe_sent
    assert 0.7 < took < 1.3
    assert "did not answer in time" in raised.hint


def test_all_refuse(client: Client, name: Name) -> None:
    name(*DEAD)
    raised, took = fault(client, f"http://localhost:{free_port()}/", 2)
    assert not raised.maybe_sent
    assert took < 1
    assert "Connection refused" in raised.hint


def test_no_socket_is_left_open(client: Client, name: Name) -> None:
    """Neither those that lost nor those that never answered."""

    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    with scripted(*[reply(b"", "200 OK", "Connection: close")] * 5) as server, deaf(server.port, *DEAD):
        name(*DEAD, ALIVE)
        client.send(server.url)
        before = descriptors()
        for _ in range(3):
            client.send(server.url)
        name(*DEAD)
        fault(client, server.url, 0.3)
        wait_for(lambda: descriptors() <= before + 1)  # the server closes its ends


@pytest.mark.usefixtures("in_turn")
def test_the_address_that_worked_is_first_next_time(client: Client, name: Name) -> None:
    """Then what was dead comes back, and is not asked before the one that is known to work."""
    closing = reply(b"first", "200 OK", "Connection: close")
    with scripted(closing, reply(b"second")) as server:
        name(DEAD[0], ALIVE)
        with deaf(server.port, DEAD[0]):
            assert client.send(server.url).body == b"first"
        with socket.create_server((DEAD[0], server.port)) as back:
            back.settimeout(0.2)
            begun = time.monotonic()
            assert client.send(server.url, 20).body == b"second"
            assert time.monotonic() - begun < 2  # it would wait for the other for five
            with pytest.raises(TimeoutError):
                back.accept()


@pytest.mark.parametrize("end", [hang, close], ids=["silent", "hung up"])
def test_one_that_fails_is_last_next_time(client: Client, name: Name, end: Any) -> None:
    """An address that accepts and then says nothing does not keep the next try from the others."""
    with scripted(reply(b"ok")) as server:
        spare = socket.create_server((DEAD[0], server.port))
        spare.settimeout(3)

        def accept() -> None:
            connection, _ = spare.accept()
            connection.recv(65536)
            end(connection)

        helper = threading.Thread(target=accept)
        helper.start()
        name(DEAD[0], ALIVE)
        raised, _ = fault(client, server.url, 0.5)
        assert raised.maybe_sent
        assert client.send(server.url).body == b"ok"
        helper.join()
        spare.close()


@pytest.mark.usefixtures("in_turn")
@pytest.mark.parametrize("silent", [True, False], ids=["silent", "refused"])
def test_the_only_one_that_fails_is_last_when_there_are_two(client: Client, name: Name, silent: bool) -> None:
    with scripted(reply(b"ok")) as server:
        name(DEAD[0])
        with deaf(server.port, DEAD[0]) if silent else nullcontext():
            raised, _ = fault(client, server.url, 0.3)
        assert not raised.maybe_sent
        with socket.create_server((DEAD[0], server.port)) as back:
            back.settimeout(0.1)
            name(DEAD[0], ALIVE)
            assert client.send(server.url, 20).body == b"ok"
            with pytest.raises(TimeoutError):
                back.accept()


def test_families_take_turns_and_memory_is_bounded() -> None:
    resolver = Resolver()
    found = [Endpoint(entry[0], entry[4]) for entry in answers(["::1", "::2", "::3", "127.0.0.1", "127.0.0.2"], 1)]
    assert [one.sockaddr[0] for one in resolver._ranked(found)] == ["::1", "127.0.0.1", "::2", "127.0.0.2", "::3"]
    for number in range(3 * MAX_REMEMBERED):
        resolver.record_failure(Endpoint(socket.AF_INET, ("127.0.0.1", number)))
    assert len(resolver._marks) == MAX_REMEMBERED
    resolver.record_success(found[4])
    resolver.record_failure(found[0])
    assert [one.sockaddr[0] for one in resolver._ranked(found)] == ["127.0.0.2", "127.0.0.1", "::2", "::3", "::1"]


def test_a_new_address_with_each_login_is_not_kept_for_ever() -> None:
    """Facebook's requests have a proof of their access token in the query, so no two logins have one address."""
    wanted, _, target = address_of("https://graph.test/me?proof=0")
    kept = address_of.cache_info().currsize
    for number in range(2000):
        assert address_of(f"https://graph.test/me?proof={number}")[0] == wanted
    assert address_of.cache_info().currsize - kept < 1000
    assert target == "/me?proof=0"


# The resolver


class FakeResolver:
    """A resolver that answers when the test lets it. ``asked`` is (host, family)."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.asked: list[tuple[str, int]] = []
        self.stuck = {socket.AF_UNSPEC, socket.AF_INET}

    def __call__(self, host: str, port: int, family: int = 0, *_: Any, **__: Any) -> list[Any]:
        self.asked.append((host, family))
        if family in self.stuck:
            self.go_on.wait(20)
        return answers([ALIVE], port)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeResolver]:
    for thread in lookups():  # of names that another test has asked for
        thread.join(20)
    one = FakeResolver()
    monkeypatch.setattr(socket, "getaddrinfo", one)
    yield one
    one.go_on.set()
    for thread in lookups():
        thread.join(5)


def lookups() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "valetkey-resolver"]


def test_a_stuck_resolver_costs_the_deadline(client: Client, resolver: FakeResolver) -> None:
    raised, took = fault(client, "http://localhost:1/", 0.6)
    assert not raised.maybe_sent
    assert 0.5 < took < 1.1
    assert "the resolver did not answer in time" in raised.hint


def test_it_answers_again(client: Client, resolver: FakeResolver) -> None:
    """The control."""
    with scripted(reply(b"ok")) as server:
        fault(client, server.url, 0.3)
        resolver.go_on.set()
        assert client.send(server.url).body == b"ok"


def test_a_question_that_gets_lost_is_asked_again(client: Client, resolver: FakeResolver) -> None:
    """And for IPv4 alone: some name servers drop the question for IPv6, and the resolver waits for both."""
    resolver.stuck = {socket.AF_UNSPEC}
    with scripted(reply(b"ok")) as server:
        begun = time.monotonic()
        assert client.send(server.url, 3).body == b"ok"
        assert 0.9 < time.monotonic() - begun < 2
    assert resolver.asked == [("localhost", socket.AF_UNSPEC), ("localhost", socket.AF_INET)]


def test_everybody_waits_for_one_lookup(resolver: FakeResolver) -> None:
    """Fifty requests meet a stuck resolver: two threads, the loop's own executor is free, and the loop ends."""

    async def together() -> list[Any]:
        transport = LoopTransport()
        request = HttpRequest(method="GET", url="http://localhost:1/", headers={})
        tasks = [asyncio.ensure_future(transport.send(request, time.monotonic() + 1.6)) for _ in range(50)]
        await asyncio.sleep(1.3)
        assert len(lookups()) == 2
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 1) == "free"
        return await asyncio.gather(*tasks, return_exceptions=True)

    begun = time.monotonic()
    ended = asyncio.run(together())
    assert time.monotonic() - begun < 4
    assert {type(one) for one in ended} == {TransportError}
    resolver.go_on.set()  # whose loop has gone


def test_lookups_are_bounded(client: Client, resolver: FakeResolver) -> None:
    """However many names there are."""
    sentences = [fault(client, f"https://host-{number}.test/", 0.1)[0].hint for number in range(MAX_LOOKUPS + 3)]
    assert len(lookups()) == MAX_LOOKUPS
    assert "the resolver has stopped answering" in sentences[-1]


def test_a_child_asks_by_itself(resolver: FakeResolver) -> None:
    """What a parent's thread is waiting for does not exist after a fork."""
    client = Client("thread")
    with scripted(forever=reply(b"ok")) as server:
        fault(client, server.url, 0.2)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                resolver.stuck = set()
                # In less than a second, after which the question would be asked again anyway.
                status = 0 if client.send(server.url, 0.8).status == 200 else 1
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
    client.stop()


CODES = sorted({getattr(socket, name) for name in dir(socket) if name.startswith("EAI_")})


@pytest.mark.parametrize("code", CODES)
def test_a_name_that_does_not_resolve_is_said_so(client: Client, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """The resolver's numbers are not the operating system's: -2 is no ENOENT, and 2 none on another platform."""

    def refuse(*_: Any, **__: Any) -> None:
        raise socket.gaierror(code, "the words of the resolver")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    raised, _ = fault(client, "https://no-such-host.test/", 2)
    assert not raised.maybe_sent
    assert raised.hint.startswith("no-such-host.test does not resolve: ")
    for number in (code, abs(code)):
        assert os.strerror(number) not in raised.hint


@pytest.mark.parametrize("host", ["a" * 64 + ".test", "a..test", "no-such-host.invalid"])
def test_names_that_cannot_be(client: Client, host: str) -> None:
    raised, _ = fault(client, f"https://{host}/", 3)
    assert not raised.maybe_sent
    assert "does not resolve" in raised.hint


def test_the_numbers_of_tls_are_not_the_operating_systems(client: Client) -> None:
    """Against a server that does not speak TLS. Number 1 of TLS is not "Operation not permitted"."""
    with socket.create_server((ALIVE, 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.recv(65536)

        helper = threading.Thread(target=answer)
        helper.start()
        raised, _ = fault(client, f"https://localhost:{server.getsockname()[1]}/", 2)
        helper.join()
    assert not raised.maybe_sent
    assert os.strerror(1) not in raised.hint
    assert "TLS: WRONG_VERSION_NUMBER" in raised.hint
