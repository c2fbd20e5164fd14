"""A proxy that the app does not know of is said once, in the log, with what to set; and nothing is said without one."""

from __future__ import annotations

import logging

import pytest
from support.servers import SECRET

from valetkey import Secret, Settings
from valetkey.providers.twitter import twitter
from valetkey.web.http import Incoming
from valetkey.web.proxy_check import ProxyCheck


def proxies(callback: str = "https://app.example.com/auth/twitter", **more: object) -> ProxyCheck:
    return ProxyCheck(
        Settings(
            callbacks={"twitter": (callback,)},
            secrets=(Secret(SECRET),),
            providers=(twitter(key="key", secret=Secret("secret")),),
            **more,  # type: ignore[arg-type]
        )
    )


def incoming(*headers: tuple[str, str], scheme: str = "http") -> Incoming:
    return Incoming(method="GET", path="session", headers=headers, scheme=scheme)


HTTPS = ("x-forwarded-proto", "https")
FOR = ("x-forwarded-for", "203.0.113.7")


@pytest.fixture(autouse=True)
def _level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "valetkey")


def test_https_that_looks_like_http(caplog: pytest.LogCaptureFixture) -> None:
    watch = proxies(proxies=("10.0.0.0/8",))
    for _ in range(3):
        watch.check(incoming(HTTPS, FOR))
    (record,) = caplog.records
    assert "SECURE_PROXY_SSL_HEADER" in record.getMessage()
    assert "203.0.113.7" not in caplog.text


def test_a_proxy_without_a_name(caplog: pytest.LogCaptureFixture) -> None:
    watch = proxies()
    for _ in range(3):
        watch.check(incoming(FOR, scheme="https"))
    (record,) = caplog.records
    assert "VALETKEY_PROXIES" in record.getMessage()
    assert "203.0.113.7" not in caplog.text


def test_all_is_well(caplog: pytest.LogCaptureFixture) -> None:
    """With its proxy named; without one; and on this machine, where http is http."""
    proxies(proxies=("10.0.0.0/8",)).check(incoming(HTTPS, FOR, scheme="https"))
    proxies().check(incoming())
    proxies("http://127.0.0.1:8000/auth/twitter").check(incoming(HTTPS))
    assert caplog.records == []
