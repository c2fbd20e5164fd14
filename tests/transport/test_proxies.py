"""Through a company's proxy: CONNECT, the provider's own certificate at the other end, and no word of what is said to
the proxy. The names here exist at the proxy only."""

from __future__ import annotations

import base64
import logging
import ssl
import time
from collections.abc import Callable
from typing import Any

import pytest
from support.authority import Authority
from support.proxying import ESTABLISHED, ConnectProxy
from support.scripted import hang, reply, scripted
from support.transports import Client

from valetkey import SettingsError
from valetkey.http_client import Outgoing, TransportError
from valetkey.settings.outgoing import Address, Proxy

Make = Callable[..., Client]
URL = "https://provider.test/x"


def through(url: str, **more: str) -> Outgoing:
    return Outgoing.from_environment({"HTTPS_PROXY": url, **more})


def fault(client: Client, url: str = URL, budget: float = 3.0) -> TransportError:
    with pytest.raises(TransportError) as raised:
        client.send(url, budget, Authorization="OAuth canary")
    assert "canary" not in raised.value.hint
    return raised.value


def test_a_request_goes_through(make_client: Make, authority: Authority, trust: ssl.SSLContext) -> None:
    """Two on one tunnel; the proxy sees a host and a port, and nothing in clear."""
    tls = authority.server(host="provider.test")
    with scripted(forever=reply(b"sealed"), tls=tls) as server, ConnectProxy(server.port) as proxy:
        client = make_client(trust, through(proxy.url))
        assert [client.send(URL, Authorization="OAuth canary").body for _ in range(2)] == [b"sealed"] * 2
    assert len(server.requests) == 2
    (head,) = proxy.heads
    assert head.startswith(b"CONNECT provider.test:443 HTTP/1.1\r\nHost: provider.test:443\r\n")
    assert b"canary" not in head + proxy.passed
    assert b"authorization" not in head.lower()
    assert b"canary" in server.requests[0]


def test_the_certificate_is_the_providers(make_client: Make, authority: Authority, trust: ssl.SSLContext) -> None:
    """A proxy that leads elsewhere gets no request."""
    tls = authority.server(host="other.test")
    with scripted(forever=reply(), tls=tls) as server, ConnectProxy(server.port) as proxy:
        raised = fault(make_client(trust, through(proxy.url)))
    assert not raised.maybe_sent
    assert "certificate of provider.test" in raised.hint
    assert server.requests == []
    assert len(proxy.heads) == 1


def test_credentials_are_the_proxys_alone(
    make_client: Make, authority: Authority, trust: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    """Percent-encoded in the variable, in one header to the proxy, and nowhere else."""
    caplog.set_level(logging.DEBUG)
    tls = authority.server(host="provider.test")
    with scripted(forever=reply(b"ok"), tls=tls) as server, ConnectProxy(server.port) as proxy:
        outgoing = through(proxy.url.replace("http://", "http://ada%40corp:p%3A%2Fss%C3%A9@"))
        assert make_client(trust, outgoing).send(URL).body == b"ok"
    expected = base64.b64encode("ada@corp:p:/ssé".encode())
    assert b"\r\nProxy-Authorization: Basic " + expected + b"\r\n" in proxy.heads[0]
    assert b"proxy-authorization" not in server.requests[0].lower()
    for text in (repr(outgoing), caplog.text):
        assert "corp" not in text
        assert "ss" + "é" not in text
        assert expected.decode() not in text


REFUSALS = {
    "407": (b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n", "answered 407", True),
    "403": (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", "answered 403", True),
    "502": (b"HTTP/1.0 502 Bad Gateway\r\n\r\n", "answered 502", False),
    "504": (b"HTTP/1.1 504\r\n\r\n", "answered 504", False),
    "redirect": (b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.test/\r\n\r\n", "answered 302", False),
    "101": (b"HTTP/1.1 101 Switching\r\n\r\n", "answered 101", False),
    "garbage": (b"SSH-2.0-OpenSSH\r\n\r\n", "does not answer CONNECT in HTTP", False),
    "no end": (b"x" * 40000, "does not answer CONNECT in HTTP", False),
    "nothing": (lambda line: line.close(), "closed the connection", False),
    "half": (b"HTTP/1.1 200 O", "closed the connection", False),
    "more": (ESTABLISHED + b"HTTP/1.1 200 OK\r\n\r\n", "sent more than its answer", False),
}


@pytest.mark.parametrize(("answer", "words", "permanent"), REFUSALS.values(), ids=list(REFUSALS))
def test_a_proxy_that_refuses(make_client: Make, answer: Any, words: str, permanent: bool) -> None:
    with scripted(forever=reply()) as server, ConnectProxy(server.port, answer) as proxy:
        raised = fault(make_client(None, through(proxy.url.replace("http://", "http://ada:hunter2@"))))
    assert not raised.maybe_sent
    assert raised.permanent == permanent
    assert f"127.0.0.1:{proxy.port}" in raised.hint
    assert "provider.test:443" in raised.hint
    assert words in raised.hint
    assert "hunter2" not in raised.hint + repr(raised)
    assert server.requests == []


def test_an_interim_reply_comes_before(make_client: Make, authority: Authority, trust: ssl.SSLContext) -> None:
    answer = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX-Proxy: a\r\n\r\n"
    tls = authority.server(host="provider.test")
    with scripted(reply(b"ok"), tls=tls) as server, ConnectProxy(server.port, answer) as proxy:
        assert make_client(trust, through(proxy.url)).send(URL).body == b"ok"


def test_a_proxy_that_says_nothing_costs_the_deadline(make_client: Make) -> None:
    with ConnectProxy(1, hang) as proxy:
        begun = time.monotonic()
        raised = fault(make_client(None, through(proxy.url)), budget=0.6)
        assert 0.5 < time.monotonic() - begun < 1.1
    assert not raised.maybe_sent
    assert f"The proxy 127.0.0.1:{proxy.port} did not answer in time" in raised.hint


def test_a_proxy_that_is_not_there(make_client: Make) -> None:
    with ConnectProxy(1) as proxy:
        pass
    raised = fault(make_client(None, through(proxy.url)))
    assert not raised.maybe_sent
    assert f"the proxy 127.0.0.1:{proxy.port}" in raised.hint
    raised = fault(make_client(None, through("http://no-such-proxy.invalid:3128")))
    assert raised.hint.startswith("no-such-proxy.invalid does not resolve")


def test_this_machine_needs_no_proxy(make_client: Make, authority: Authority, trust: ssl.SSLContext) -> None:
    """Neither in plain http, whatever ``HTTP_PROXY`` says, nor in https."""
    with ConnectProxy(1) as proxy:
        client = make_client(trust, through(proxy.url, HTTP_PROXY=proxy.url, ALL_PROXY=proxy.url))
        with scripted(reply(b"plain")) as server:
            assert client.send(server.url).body == b"plain"
        with scripted(reply(b"sealed"), tls=authority.server()) as server:
            assert client.send(server.url).body == b"sealed"
    assert proxy.heads == []


# What the environment says


@pytest.mark.parametrize(
    ("environ", "port"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://p:1"}, 1),
        ({"https_proxy": "http://p:2", "HTTPS_PROXY": "http://p:1"}, 2),
        ({"https_proxy": "", "HTTPS_PROXY": "http://p:1"}, 1),
        ({"ALL_PROXY": "http://p:3"}, 3),
        ({"all_proxy": "http://p:4", "ALL_PROXY": "http://p:3", "HTTPS_PROXY": "http://p:1"}, 1),
        ({"HTTP_PROXY": "http://p:5", "http_proxy": "http://p:5"}, None),
        ({"HTTPS_PROXY": "p:6"}, 6),
        ({"HTTPS_PROXY": " HTTP://p:7/ "}, 7),
        ({"HTTPS_PROXY": "http://p"}, 80),
        ({"HTTPS_PROXY": "[::1]:8"}, 8),
    ],
)
def test_which_proxy(environ: dict[str, str], port: int | None) -> None:
    proxy = Outgoing.from_environment(environ).proxy_for(Address(True, "api.x.com", 443))
    assert (proxy.port if proxy else None) == port


NOT_PROXIES = [
    "socks5://p:1080", "socks5h://u:canary@p:1080", "https://p:443", "ftp://canary", "http://", "http://:3128", ":3128",
    "http://p:0", "http://p:99999", "http://p:canary", "http://p/canary", "http://p?canary", "http://[::1",
    "http://p q", "http://ä.test:1", "http://a%3Ab:canary@p", "http://a:canary%@p", "http://a:canary%0a@p",
]  # fmt: skip


@pytest.mark.parametrize("value", NOT_PROXIES)
def test_what_is_no_proxy_is_a_sentence(value: str, caplog: pytest.LogCaptureFixture) -> None:
    """Where something needs it; else it is in the log, once."""
    with pytest.raises(SettingsError) as refused:
        Proxy.parse("HTTPS_PROXY", value)
    assert refused.value.hint.startswith("HTTPS_PROXY: ")
    assert "canary" not in refused.value.hint
    outgoing = Outgoing.from_environment({"HTTPS_PROXY": value, "NO_PROXY": "x.com"})
    assert outgoing.check(["https://api.x.com/a", "https://other.test/"]) == [refused.value.hint]
    with pytest.raises(SettingsError):
        outgoing.proxy_for(Address(True, "other.test", 443))
    assert caplog.records == []
    assert outgoing.check(["https://api.x.com/a", "http://localhost:1/"]) == []
    assert outgoing.proxy_for(Address(True, "api.x.com", 443)) is None
    assert len(caplog.records) == 1
    assert "canary" not in caplog.text


BYPASSES = {  # NO_PROXY: what it names, what it does not
    "*": (["api.x.com", "10.0.0.1"], []),
    "x.com": (["x.com", "api.x.com", "API.X.COM", "x.com."], ["ax.com", "x.com.evil.test", "x.co", "10.0.0.1"]),
    ".x.com": (["x.com", "api.x.com"], ["ax.com"]),
    "*.x.com": (["x.com", "api.x.com"], ["ax.com"]),
    "X.COM": (["api.x.com"], []),
    "a.test, x.com": (["a.test", "x.com"], ["b.test"]),
    "a.test x.com": (["a.test", "x.com"], ["b.test"]),
    "x.com:443": (["api.x.com"], []),
    "x.com:8443": ([], ["api.x.com"]),
    "10.0.0.1": (["10.0.0.1"], ["10.0.0.10", "110.0.0.1"]),
    "10.0.0.0/8": (["10.1.2.3"], ["11.0.0.1", "10.x.com"]),
    "10.0.0.1:443": (["10.0.0.1"], []),
    "10.0.0.1:80": ([], ["10.0.0.1"]),
    "2001:db8::/32": (["2001:db8::1"], ["2001:db9::1", "10.0.0.1"]),
    "[2001:db8::1]": (["2001:db8::1"], ["2001:db8::2"]),
    "[2001:db8::1]:443": (["2001:db8::1"], []),
    "10.0.0.0/99": ([], ["10.0.0.1"]),
    ", ,.,:,:443": ([], ["api.x.com", "10.0.0.1"]),
    "": ([], ["api.x.com"]),
}


@pytest.mark.parametrize("listed", BYPASSES)
@pytest.mark.parametrize("variable", ["no_proxy", "NO_PROXY"])
def test_which_hosts_need_none(variable: str, listed: str) -> None:
    named, others = BYPASSES[listed]
    outgoing = through("http://p:1", **{variable: listed})
    assert [host for host in named if outgoing.proxy_for(Address(True, host, 443))] == []
    assert [host for host in others if not outgoing.proxy_for(Address(True, host, 443))] == []
