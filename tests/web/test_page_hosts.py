"""A page at another host than the callback's: refused at the start, where it is certain, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.browser import Answer, Browser
from support.servers import App, Provider, free_port

SAME = {"Sec_Fetch_Site": "same-origin"}
OTHER_SITE = {"Sec_Fetch_Site": "cross-site"}
ONE_SITE = {"Sec_Fetch_Site": "same-site"}
APEX = "https://app.test"
CLASSIC = "https://www.app.test/page"  # a page that takes callbacks itself
LOGIN = "L" * 22


def no_metadata(host: str) -> dict[str, str]:
    """A browser that says nothing of the site, and the host that it has asked."""
    return {"Sec_Fetch_Site": "", "Host": host}


@dataclass
class Site:
    """An app at a public address, its provider, and the pages that it lists."""

    app: App
    provider: Provider

    def start(self, origin: str, **headers: str) -> Answer:
        """Post the form of a start from a page at ``origin``. A header with an empty value is left out."""
        return self.at(origin, **headers).begin(LOGIN).answer

    def at(self, origin: str, **headers: str) -> Browser:
        return _Page(self.app.base, origin=origin, headers=headers)


class _Page(Browser):
    """A browser whose requests have these headers in the place of their own."""

    def __init__(self, base: str, *, origin: str, headers: dict[str, str]) -> None:
        super().__init__(base, origin=origin)
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def request(self, method: str, path: str, **options: object) -> Answer:
        sent = {**options.pop("headers", {}), **self.headers}  # type: ignore[dict-item]
        return super().request(method, path, headers={k: v for k, v in sent.items() if v}, **options)  # type: ignore[arg-type]


def running(directory: Path, delivery: str, public: str | None, listed: str) -> Iterator[Site]:
    port = free_port()
    callback = f"{public or f'http://127.0.0.1:{port}'}/auth/twitter"
    provider = Provider(callback)
    callbacks = [callback, *([CLASSIC] if public else [])]
    provider.set(callbacks=callbacks)
    app = App(
        provider, port, directory,
        TWITTER_CALLBACK_URL=",".join(callbacks), VALETKEY_ORIGINS=listed.format(port=port), VALETKEY_DELIVERY=delivery,
    )  # fmt: skip
    yield Site(app, provider)
    app.stop()
    provider.stop()


@pytest.fixture(scope="module", params=["cookie", "token"])
def public(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An app at https://app.test, which lists its www and two other sites."""
    listed = "https://www.app.test,https://www.app.test:8443,https://pages.test,http://localhost:3000"
    yield from running(tmp_path_factory.mktemp("public"), request.param, APEX, listed)


@pytest.fixture(scope="module", params=["cookie", "token"])
def local(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An app at 127.0.0.1, which lists a development server at both names."""
    listed = "http://127.0.0.1:5173,http://localhost:5173"
    yield from running(tmp_path_factory.mktemp("local"), request.param, None, listed)


CERTAIN = {
    "www, listed": ("https://www.app.test", SAME),
    "www, listed, at another port": ("https://www.app.test:8443", SAME),
    "www, not listed": ("https://web.app.test", SAME),
    "another site that passes requests on": ("https://pages.test", SAME),
    "without metadata, by Host": ("https://www.app.test", no_metadata("www.app.test")),
    "without metadata, by Host with a port": ("https://www.app.test", no_metadata("WWW.app.test:443")),
    "plain http by a name": ("http://machine.test:8000", no_metadata("machine.test:8000")),
}
FINE = {
    "the callback's own": (APEX, SAME),
    "the callback's own, by Host": (APEX, no_metadata("app.test")),
    "the callback's own, behind a proxy that rewrites Host": (APEX, no_metadata("backend:8000")),
    "two sites": ("https://pages.test", OTHER_SITE),
    "two hosts of one site": ("https://www.app.test", ONE_SITE),
    "two sites, without metadata": ("https://pages.test", no_metadata("app.test")),
    "two sites, without metadata, Host rewritten": ("https://pages.test", no_metadata("127.0.0.1:8000")),
    "a page of this machine, and a tunnel to it": ("http://localhost:3000", no_metadata("localhost:8000")),
    "Host against the browser's own word": ("https://pages.test", {**OTHER_SITE, "Host": "pages.test"}),
}


@pytest.mark.parametrize("case", CERTAIN)
def test_certainly_another_host(public: Site, case: str) -> None:
    """Refused before the provider hears of it, with what to do, and with no link to a place in the internet."""
    origin, headers = CERTAIN[case]
    asked = len(public.provider.journal)
    answer = public.start(origin, **headers, Accept="application/json")
    assert (answer.status, answer.code) == (403, "wrong_host")
    assert len(public.provider.journal) == asked
    error = answer.json()["error"]
    assert error["developer"] is True
    assert "url" not in error
    assert APEX in error["hint"]
    assert origin not in answer.text.replace(APEX, "")


@pytest.mark.parametrize("case", FINE)
def test_not_certain(public: Site, case: str) -> None:
    """The controls: each of these starts."""
    origin, headers = FINE[case]
    assert public.start(origin, **headers).status == 200


def test_a_classic_page(public: Site) -> None:
    """Its login comes back to the page itself, with the cookie of the page's host; or to our callback, without it."""
    page = public.at("https://www.app.test", **SAME)
    ours = page.fetch("POST", "/auth/twitter", {"name": "twitter"})
    assert (ours.status, ours.code) == (403, "wrong_host")
    assert page.fetch("POST", "/auth/twitter", {"redirectUri": CLASSIC}).status == 200
    assert page.fetch("POST", "/auth/twitter", {"redirectUri": f"{CLASSIC}/other"}).code == "wrong_host"
    unlisted = public.at("https://web.app.test", **SAME).fetch("POST", "/auth/twitter", {"redirectUri": CLASSIC})
    assert (unlisted.status, unlisted.code) == (403, "classic_cross_origin")


@pytest.mark.parametrize("headers", [SAME, no_metadata("www.app.test")], ids=["metadata", "Host"])
def test_the_page_learns_of_it(public: Site, headers: dict[str, str]) -> None:
    """A listed page, whose popup has failed, asks for its login, and gets the code with the hint of the start."""
    page = public.at("https://www.app.test", **headers)
    started = page.begin(LOGIN).answer
    assert started.status == 403
    collected = page.collect(LOGIN).json()["login"]
    assert collected["state"] == "failed"
    assert collected["error"]["code"] == "wrong_host"
    assert f"Redirect that host to {APEX}" in collected["error"]["hint"]
    assert "Redirect that host" in started.text


def test_a_page_that_is_not_listed_learns_of_it(public: Site) -> None:
    answer = public.at("https://web.app.test", **SAME).collect(LOGIN)
    assert (answer.status, answer.code) == (403, "wrong_host")


@pytest.mark.parametrize("name", ["localhost", "[::1]"])
def test_another_name_of_this_machine(local: Site, name: str) -> None:
    """With the right address as a link, which the settings name."""
    port = local.app.base.rpartition(":")[2]
    answer = local.start(f"http://{name}:{port}", **SAME, Accept="application/json")
    assert (answer.status, answer.code) == (403, "wrong_host")
    assert answer.json()["error"]["url"] == f"{local.app.base}/"


def test_a_development_server_at_another_name(local: Site) -> None:
    """Listed at both names, it works at one. The link leads to that page, not to the backend."""
    for headers in (SAME, no_metadata("localhost:5173")):
        answer = local.start("http://localhost:5173", **headers, Accept="application/json")
        assert (answer.status, answer.code) == (403, "wrong_host")
        assert answer.json()["error"]["url"] == "http://127.0.0.1:5173/"
    assert local.start("http://127.0.0.1:5173", **SAME).status == 200
    assert local.start("http://127.0.0.1:5173", **ONE_SITE).status == 200


@pytest.mark.parametrize(
    ("origin", "variable"),
    [
        ("http://127.0.0.1:4321", "VALETKEY_ORIGINS=http://127.0.0.1:4321"),
        ("https://127.0.0.1:4321", "VALETKEY_ORIGINS=https://127.0.0.1:4321"),
        ("http://localhost:4321", "VALETKEY_ORIGINS=http://127.0.0.1:4321"),
    ],
)
def test_a_development_server_that_is_not_listed(local: Site, origin: str, variable: str) -> None:
    """The hint is the line to set. Nothing is linked: no setting names that address."""
    for headers in (SAME, ONE_SITE, OTHER_SITE):
        error = local.start(origin, **headers, Accept="application/json").json()["error"]
        assert error["code"] == "wrong_host"
        assert error["hint"].endswith(f"set {variable}")
        assert "url" not in error


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ("https://app.test:8443", "list its origin in VALETKEY_ORIGINS"),
        ("http://app.test", "redirect it to https"),
        ("https://evil.test", "did not come from a page of this app"),
        ("null", "Origin: null"),
        ("", "a proxy in front of the app may remove them"),
    ],
)
def test_what_a_refused_page_hears(public: Site, origin: str, said: str) -> None:
    """What to set, without a word of the page's own."""
    answer = public.start(origin, Sec_Fetch_Site="cross-site" if origin else "", Origin=origin, Accept="a/json")
    assert (answer.status, answer.code) == (403, "foreign_origin")
    assert said in answer.json()["error"]["hint"]
    assert answer.json()["error"]["developer"] is True
    assert not origin or origin == "null" or origin not in answer.text.replace("http://app.test", "")


HOSTILE = [
    "http://localhost:4321<b>", "http://localhost:4321/x", "http://u@localhost:4321", "http://LOCALHOST:4321",
    "http://localhost:4321@evil.test", "javascript://localhost:4321", "http://localhost:", "http://localhost:080",
    "http://127.0.0.1:4321, http://127.0.0.1:4321", "http://[::1",
]  # fmt: skip
OTHER_NAMES = ["http://127.1:4321", "http://0x7f.1:4321", "http://127.0.0.1.evil.test:4321", "http://localhost.:4321"]


@pytest.mark.parametrize("origin", [*HOSTILE, *OTHER_NAMES])
def test_an_origin_that_is_no_name_of_this_machine(local: Site, origin: str) -> None:
    """It stands in no hint, and names no address, whether a browser could write it or not."""
    answer = local.start(origin, **SAME, Accept="application/json")
    assert (answer.status, answer.code) == (403, "wrong_host" if origin in OTHER_NAMES else "foreign_origin")
    assert origin not in answer.text
    assert "url" not in answer.json()["error"]
    assert not re.search(r"4321|evil|<b>", answer.text)
