"""C11: what keeps secrets out of records reads texts that a client writes. None takes long or makes it fail."""

from __future__ import annotations

import sys
import time
from types import ModuleType
from typing import Any

import pytest

from valetkey.web.logs import QueryFilter
from valetkey.web.records import Records, access_logs
from valetkey.web.records.open_telemetry import SpanScrubber
from valetkey.web.records.redaction import REMOVED, Redactor
from valetkey.web.records.sentry import SentryScrubber
from valetkey.web.records.sentry import SpanScrubber as SentrySpanScrubber

REDACTOR = Redactor(frozenset({"/auth"}), frozenset({"valetkey"}))
LONGEST_BYTES = 64 * 1024  # no server accepts a longer request line
PARTS = (
    "/auth/",
    "\x80/auth/",
    "/auth/?",
    "-eyJaaaaaaaa",
    "eyJaaaaaaaa.",
    "valetkey-session ",
    "__Host-",
    "bearer ",
    "bearer-",
    "code=",
    "state =",
    "oauth_token-",
    "valetkey.ticket.",
    " ",
)


@pytest.mark.parametrize("part", PARTS)
def test_no_text_takes_long(part: str) -> None:
    text = (part * LONGEST_BYTES)[:LONGEST_BYTES]
    began_at = time.process_time()
    for one in (text, f"x {text}", f"code={text}", f"bearer {text}"):
        REDACTOR.text(one, in_our_request=True)
        QueryFilter("/auth/").strip(one)
    assert time.process_time() - began_at < 1.5  # it was half a minute


@pytest.mark.parametrize(
    ("text", "recorded"),
    [
        ("see /auth/a/auth/b?code=c d", "see /auth/a/auth/b d"),
        ("GET /auth/a?x /auth/b?y", "GET /auth/a /auth/b"),
        ("see /auth/a, /auth/b?y, z", "see /auth/a, /auth/b z"),
        ("eyJaaaaaaaa.eyJbbbbbbbb.cccccccc.", f"{REMOVED}."),
        ("-eyJaaaaaaaa-eyJb.eyJbbbbbbbb.cccccccc", f"-{REMOVED}"),
        ("eyJa.eyJaaaaaaaa.bbbbbbbb.cccccccc", f"eyJa.{REMOVED}"),
        ("eyJaaaaaaaa.b.eyJaaaaaaaa.bbbbbbbb.cccccccc", f"eyJaaaaaaaa.b.{REMOVED}"),
        ("eyJaaaaaaaa.bbbbbbbb is no token", "eyJaaaaaaaa.bbbbbbbb is no token"),
    ],
)
def test_what_is_secret_goes_and_no_more(text: str, recorded: str) -> None:
    assert REDACTOR.text(text) == recorded


class Odd:
    """What no tool has, and a later version of one may have."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


def test_a_body_of_any_depth_hides_no_token() -> None:
    secret = "eyJaaaaaaaa.bbbbbbbb.cccccccc"
    deep: Any = [secret]
    for _ in range(5000):
        deep = {"a": [deep]}
    itself: dict[str, Any] = {"token": secret}
    itself["itself"] = itself
    event: dict[str, Any] = {"request": {"data": deep}, "extra": {"object": itself}, "message": secret}
    SentryScrubber(lambda: REDACTOR, None).scrub_event(event)
    assert event["message"] == REMOVED and event["extra"]["object"]["token"] == REMOVED
    assert secret not in str(event["request"]) and secret not in str(event["extra"])
    assert secret not in str(SentrySpanScrubber(lambda: REDACTOR, None)({"data": {"a": deep}}, None))


def test_an_event_that_cannot_be_scrubbed_says_nothing() -> None:
    """And the app's own call that reports it does not fail."""
    event: dict[str, Any] = {"event_id": "1", "message": "/auth/x?code=canary", "exception": Odd()}
    SentryScrubber(lambda: REDACTOR, None).scrub_event(event)
    assert event["event_id"] == "1" and set(event) == {"event_id", "message"} and "canary" not in str(event)


def test_a_span_that_cannot_be_scrubbed_fails_no_request() -> None:
    SpanScrubber(lambda: REDACTOR)._on_ending(Odd())


def test_a_tool_that_is_unlike_its_versions_fails_no_request(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "sentry_sdk", Odd())
    Records().watch()
    assert "a record may show the query of a callback: RuntimeError" in caplog.text


def test_a_line_of_daphne_with_its_values_by_position(monkeypatch: pytest.MonkeyPatch) -> None:
    class AccessLogGenerator:
        def write_entry(self, host: str, date: object, request: str, status: int = 0) -> str:
            return request

    monkeypatch.setitem(sys.modules, "daphne.access", ModuleType("daphne.access"))
    sys.modules["daphne.access"].AccessLogGenerator = AccessLogGenerator  # type: ignore[attr-defined]
    access_logs.wrap_servers(QueryFilter("/auth/").strip)
    logged = AccessLogGenerator()
    assert logged.write_entry("h", None, "GET /auth/x?code=y", status=1) == "GET /auth/x"
    assert logged.write_entry(host="h", date=None, request="GET /auth/x?code=y") == "GET /auth/x"
