"""What the log says of the app's own configuration: once a minute, whatever the requests, and nothing of theirs."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.browser import Browser
from support.servers import App, Provider, free_port

from valetkey.web.module_errors import MODULE_ERRORS
from valetkey.web.once_per_minute import OncePerMinute, more

LISTED = "https://pages.test"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    port = free_port()
    provider = Provider(f"http://127.0.0.1:{port}/auth/twitter")
    app = App(provider, port, tmp_path, VALETKEY_ORIGINS=LISTED)
    yield app
    app.stop()
    provider.stop()


def warnings(app: App, code: str) -> list[str]:
    return [line for line in app.server.log.splitlines() if f"{code}: " in line and "WARNING" in line]


def test_a_report_is_one_line(app: App) -> None:
    """For each directive, from the app's own origin and from a listed one, with the origin that a policy must allow."""
    for _ in range(3):
        for browser in (Browser(app.base), Browser(app.base, origin=LISTED, site="cross-site")):
            for directive in ("form-action", "script-src-elem"):
                answer = browser.fetch("POST", "/auth/report", {"code": "blocked_by_csp", "directive": directive})
                assert (answer.status, answer.body) == (204, b"")
    lines = warnings(app, "blocked_by_csp")
    assert len(lines) == 2
    assert "form-action" in lines[0]
    assert "script-src-elem" in lines[1]
    assert all(app.base in line for line in lines)


def test_what_may_be_reported(app: App) -> None:
    """The module's own errors on which the developer must act, no other code and no other text."""
    browser = Browser(app.base)
    for one in MODULE_ERRORS:
        answer = browser.fetch("POST", "/auth/report", {"code": one.code})
        assert answer.status == (204 if one.developer else 400), one.code
    wrong: list[object] = [
        {}, {"code": "canary"}, {"code": "wrong_keys"}, {"code": ["blocked_by_csp"]}, {"code": "blocked_by_csp " * 9},
        {"code": "blocked_by_csp", "directive": "canary"}, {"code": "blocked_by_csp", "directive": 7},
        {"code": "blocked_by_csp", "directive": "form-action\ncanary"},
        {"code": "insecure_page", "directive": "form-action"}, {"directive": "form-action"},
    ]  # fmt: skip
    for body in wrong:
        answer = browser.fetch("POST", "/auth/report", body)
        assert (answer.status, answer.code) == (400, "bad_request"), body
    assert "canary" not in app.server.log
    assert sum(len(warnings(app, one.code)) for one in MODULE_ERRORS) == sum(one.developer for one in MODULE_ERRORS)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test", "Sec_Fetch_Site": "cross-site"},
        {"Origin": "null", "Sec_Fetch_Site": "cross-site"},
        {"Origin": "https://sub.pages.test", "Sec_Fetch_Site": "same-site"},
    ],
)
def test_who_may_report(app: App, headers: dict[str, str]) -> None:
    answer = Browser(app.base).fetch("POST", "/auth/report", {"code": "insecure_page"}, **headers)
    assert (answer.status, answer.code) == (403, "foreign_origin")
    assert warnings(app, "insecure_page") == []


def test_what_a_page_can_send_without_asking_is_no_report(app: App) -> None:
    sent = {"Origin": app.base, "Content-Type": "text/plain"}
    answer = Browser(app.base).request("POST", "/auth/report", body='{"code": "insecure_page"}', headers=sent)
    assert answer.status == 415
    assert Browser(app.base).fetch("GET", "/auth/report").status == 405


def test_a_flood_of_refused_pages_is_a_line_each(app: App) -> None:
    """For each cause: another page, none, an opaque one, another port, another name, and another host."""
    port = app.base.rpartition(":")[2]
    causes = {
        "https://evil-canary.test": ("foreign_origin", "did not come from a page"),
        "null": ("foreign_origin", "Origin: null"),
        "": ("foreign_origin", "neither Origin nor Sec-Fetch-Site"),
        "http://127.0.0.1:4321": ("wrong_host", "VALETKEY_ORIGINS=http://127.0.0.1:4321"),
        f"http://localhost:{port}": ("wrong_host", f"Open the page at {app.base}/"),
    }
    for origin in list(causes) * 5:
        site = "cross-site" if origin else ""
        headers = {"Origin": origin, "Sec-Fetch-Site": site, "Content-Type": "application/json"}
        Browser(app.base).request(
            "POST", "/auth/session", body="{}", headers={name: value for name, value in headers.items() if value}
        )
    Browser(app.base).fetch("POST", "/auth/session", {}, Origin="https://canary.test", Sec_Fetch_Site="same-origin")
    lines = [*warnings(app, "foreign_origin"), *warnings(app, "wrong_host")]
    assert len(lines) == len(causes) + 1
    for code, said in causes.values():
        assert sum(said in line for line in warnings(app, code)) == 1
    assert not [line for line in lines if "more since" in line]  # these are the first of their kind
    assert "canary" not in app.server.log


def test_two_lines_at_once_are_both_written() -> None:
    """Each is the first of its kind, and what happens only once is told nobody if its line is left out."""
    both: list[int | None] = []
    other = threading.Thread(target=lambda: both.append(lines.count("b")))

    def monotonic() -> float:
        if not both and not other.is_alive():
            other.start()  # while the first is being counted
            other.join(0.2)
        return 100.0

    lines = OncePerMinute(monotonic)
    both.append(lines.count("a"))
    other.join()
    assert both == [0, 0]


def test_a_child_counts_though_its_parent_was_counting() -> None:
    """After a fork, no thread of the child gives back what a thread of the parent has taken."""
    readable, writable = os.pipe()

    def monotonic() -> float:
        if os.getpid() == parent and not children:
            children.append(os.fork())
            if not children[0]:  # pragma: no cover
                signal.alarm(10)
                os.write(writable, bytes([lines.count("a") == 0]))
                os._exit(0)
        return 100.0

    lines, parent, children = OncePerMinute(monotonic), os.getpid(), list[int]()
    assert lines.count("a") == 0
    os.waitpid(children[0], 0)
    os.close(writable)
    with open(readable, "rb") as told:
        assert told.read() == b"\1"


def test_the_next_line_says_how_many_were_left_out() -> None:
    now = [100.0]
    lines = OncePerMinute(lambda: now[0])
    assert [lines.count("a"), lines.count("a"), lines.count("b"), lines.count("a")] == [0, None, 0, None]
    now[0] += 59.9
    assert lines.count("a") is None
    now[0] += 0.2
    assert [lines.count("a"), lines.count("a"), lines.count("b")] == [3, None, 0]
    now[0] += 60
    assert lines.count("a") == 1
    assert (more(0), more(3)) == ("", " (3 more since the last such line)")
