"""C20: a login returns to a path of the app, or to a listed origin; to nothing that merely looks like one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import Browser
from support.servers import App, Provider
from support.wire import mentions

HOSTS = [
    "evil.test",
    "evil.test:80",
    "[::1]",
    "127.0.0.1.evil.test",
    "127.0.0.1@evil.test",
    "evil.test%00",
    "evil。test",
]
SHAPES = [
    "//{}", "///{}", "////{}", "/\\{}", "\\\\{}", "\\/{}", "/%2f{}", "/%2F{}", "/%5c{}", "/%5C{}", "//%2f{}",
    "http://{}", "https://{}", "HTTP://{}", "https:{}", "https:/{}", "http:\\\\{}", "javascript:alert(1)//{}",
    "data:text/html,{}", "/\t/{}", "/\n/{}", "/\r\nLocation: https://{}", " //{}", "/./%2f{}", "/..//{}", "/.//{}",
    "/%2e%2e//{}", "/x/..//{}", "ftp://{}", "{}", "//{}/%2f..", "/%09/{}", "/\u2044{}", "/\u2028{}",
]  # fmt: skip
CORPUS = [shape.format(host) for shape in SHAPES for host in HOSTS]
# A tab or line end that is encoded stays a path of ours; it must not be taken for anything else.
PATHS_ALL_THE_SAME = [f"/%09/{host}" for host in HOSTS if host.isascii()]


def test_the_corpus_is_large() -> None:
    assert len(CORPUS) >= 200


def test_nothing_leaves(app: App, provider: Provider, browser: Callable[[], Browser]) -> None:
    """Each is refused before the provider is asked."""
    let_through = []
    for value in CORPUS:
        answer = browser().submit("/auth/twitter", {"mode": "page", "return_to": value})
        if answer.status == 200:
            let_through.append(value)
    assert [value for value in let_through if value not in PATHS_ALL_THE_SAME] == []
    assert len(provider.calls("request_token")) == len(let_through)


def test_an_address_that_nobody_chose_leaves_nowhere_either(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """The module says where the page was. What cannot be used is left out, and the sign-in goes on: to the root."""
    profile = browser()
    addresses = [value for value in CORPUS if min(value) >= " "]  # no form of ours has a control character
    for value in addresses:
        answer = profile.submit("/auth/twitter", {"mode": "page", "return_to": value, "return_to_is_default": "1"})
        assert answer.status == 200, value
        # The page that goes on names an address once: the provider's.
        assert not mentions(answer.text + str(answer.headers), "evil"), value
    assert len(provider.calls("request_token")) == len(addresses)
    for value in addresses[:: len(HOSTS)]:
        begun = profile.begin(mode="page", return_to=value, return_to_is_default="1")
        landed = profile.come_back(provider.approve(begun.token, **person))
        assert landed.status == 303
        assert landed.header("location") == (f"{value}#" if value in PATHS_ALL_THE_SAME else "/#"), value


@pytest.mark.parametrize("path", ["/", "/settings", "/a/b?c=d&e=%2F%2Fevil.test", "/a#//evil.test", "/~me/x.html"])
def test_paths_of_the_app_do(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], path: str
) -> None:
    """The control: and the browser is sent exactly there."""
    profile = browser()
    begun = profile.begin(mode="page", return_to=path)
    landed = profile.come_back(provider.approve(begun.token, **person))
    assert (landed.status, landed.header("location")) == (303, path if "#" in path else f"{path}#")
    assert profile.account() is not None


def test_return_to_in_the_callback_is_nothing(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """What is sealed counts; what is added on the way back does not."""
    profile = browser()
    callback = provider.approve(profile.begin(mode="page").token, **person)
    landed = profile.come_back(callback + "&return_to=https://evil.test")
    assert landed.header("location") == "/#"
