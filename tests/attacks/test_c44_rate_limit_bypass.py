"""Nothing that a client writes gives it more starts: no header, no spelling of the path, no other way of starting, no
other address of its own network. The provider's journal says so, and another network starts beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.flooding import browser_from, limited, raw
from support.servers import App, Provider

LIMIT = 4  # so few that none is granted anew while a test asks
HERE, ELSEWHERE = "203.0.113.7", "198.51.100.1"


class Budget:
    """What the provider may see of one network from now on."""

    def __init__(self, provider: Provider) -> None:
        self._provider, self._began = provider, time.monotonic()
        provider.control("DELETE", "journal")

    @property
    def calls(self) -> int:
        return len(self._provider.calls("request_token"))

    @property
    def most(self) -> int:
        return int((time.monotonic() - self._began) * LIMIT / 60) + 1


@pytest.fixture
def pair() -> Iterator[tuple[App, Provider]]:
    with limited(str(LIMIT)) as pair:
        yield pair


@contextmanager
def exhausted(pair: tuple[App, Provider], address: str = HERE) -> Iterator[Budget]:
    """A network that has started all it may. Beside it stands the control: another network starts."""
    app, provider = pair
    statuses = [browser_from(app, address).begin().answer.status for _ in range(LIMIT + 5)]
    assert statuses[:LIMIT] == [200] * LIMIT
    assert 429 in statuses[LIMIT:]
    budget = Budget(provider)
    yield budget
    assert budget.calls <= budget.most
    before = budget.calls
    assert browser_from(app, ELSEWHERE).begin().answer.status == 200
    assert budget.calls == before + 1


TARGETS = [
    *("/auth/twitter", "//auth/twitter", "/auth//twitter", "/auth/twitter/", "/AUTH/TWITTER", "/auth/Twitter"),
    *("/auth/%74witter", "/auth/twitter%2F", "/auth/./twitter", "/x/../auth/twitter", "/auth/twitter;a=b"),
    *("/auth/twitter?a=b", "/auth/twitter?oauth_verifier=1", "/auth/twitter%00", "/auth/twitter%20"),
    "http://127.0.0.1/auth/twitter",
]
HEADERS: list[dict[str, str]] = [
    {"X_Forwarded_For": f"9.9.9.9, {HERE}"},
    {"X_Forwarded_For": f"127.0.0.1, 9.9.9.9, {HERE}"},
    {"X_Forwarded_For": f"9.9.9.9, {HERE}, 127.0.0.1"},
    {"X_Forwarded_For": f"{HERE}:4711"},
    {"X_Forwarded_For": f"::ffff:{HERE}"},
    {"X_Forwarded_For": "203.0.113.255"},
    *({"X_Forwarded_For": HERE, name: "9.9.9.9"} for name in ("X_Real_IP", "CF_Connecting_IP", "True_Client_IP")),
    *({"X_Forwarded_For": HERE, name: "9.9.9.9"} for name in ("X_Client_IP", "X_Cluster_Client_IP", "Client_IP")),
    {"X_Forwarded_For": HERE, "Forwarded": "for=9.9.9.9"},
    {"X_Forwarded_For": HERE, "User-Agent": "another browser"},
    {"X_Forwarded_For": HERE, "Host": "other.example"},
    {"X_Forwarded_For": HERE, "Cookie": "valetkey-session=x"},
    {"X_Forwarded_For": HERE, "Authorization": "Bearer x"},
]


def test_paths_and_headers(pair: tuple[App, Provider]) -> None:
    app, _ = pair
    with exhausted(pair) as budget:
        for target in TARGETS:
            assert [raw(app, target, X_Forwarded_For=HERE) for _ in range(3)].count(200) <= budget.most
        for headers in HEADERS:
            assert [raw(app, "/auth/twitter", **headers) for _ in range(3)].count(200) <= budget.most


@pytest.mark.parametrize("network", ["203.0.113.{}", "2001:db8:1:2::{:x}", "2001:db8:1:2:{:x}:{:x}:0:1"])
def test_other_addresses_of_one_network(pair: tuple[App, Provider], network: str) -> None:
    app, _ = pair
    with exhausted(pair, network.format(1, 1)):
        for number in range(2, 60):
            browser_from(app, network.format(number, number)).begin()


def test_every_way_of_starting_is_limited_and_says_so(pair: tuple[App, Provider]) -> None:
    """A form, a page's own JSON request, a link of either kind: refused with 429, and nothing is sent."""
    app, provider = pair
    person = browser_from(app, HERE)
    begun = person.begin()
    person.come_back(provider.approve(begun.token, user_id="7001", screen_name="user7001"))
    assert person.account() is not None
    exhaust(app)
    budget = Budget(provider)
    answers = {
        "form": person.submit("/auth/twitter", {"mode": "popup"}),
        "page": person.submit("/auth/twitter", {"mode": "page"}),
        "link": person.submit("/auth/twitter/link", {"mode": "popup"}),
        "classic": person.fetch("POST", "/auth/twitter", {}),
        "classic link": person.fetch("POST", "/auth/twitter/link", {}),
    }
    assert budget.calls <= budget.most - 1
    for name, answer in answers.items():
        assert answer.status == 429, name
        assert 1 <= int(answer.header("retry-after") or "0") <= 60, name
    for name in ("classic", "classic link"):
        assert answers[name].code == "rate_limited"
        assert "VALETKEY_START_LIMIT" in answers[name].json()["error"]["hint"]
        assert answers[name].all("set-cookie") == []
    assert "Too many sign-ins at the moment" in answers["form"].text
    assert person.account() is not None  # and who is signed in stays so


def test_refused_starts_leave_at_most_five_cookies_and_the_page_learns_why(pair: tuple[App, Provider]) -> None:
    app, _ = pair
    with exhausted(pair):
        person = browser_from(app, HERE)
        logins = [person.begin().login for _ in range(12)]
        assert len(person.login_cookies) == 5
        told = person.session(logins[-1])["login"]
        assert (told["state"], told["error"]["code"]) == ("failed", "rate_limited")


def test_a_restart_of_somebody_who_has_approved_is_no_start(pair: tuple[App, Provider]) -> None:
    app, provider = pair
    person = browser_from(app, HERE)
    begun = person.begin()
    callback = provider.approve(begun.token, user_id="7002", screen_name="user7002")
    exhaust(app)
    provider.fault("access_token", "commit_then_drop", times=2)
    provider.set(lenient=False)  # the second exchange is refused, so that the login has to begin again
    answer = person.come_back(callback)
    assert answer.status == 200
    token = (answer.header("refresh") or "").partition("oauth_token=")[2]
    person.come_back(provider.approve(token, user_id="7002", screen_name="user7002"))
    assert person.account()["identities"][0]["handle"] == "user7002"


def exhaust(app: App) -> None:
    """Start logins from this network until one is refused."""
    statuses = [browser_from(app, HERE).begin().answer.status for _ in range(LIMIT + 5)]
    assert 429 in statuses
