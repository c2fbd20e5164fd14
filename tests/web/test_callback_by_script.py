"""A callback that a script of the app's own page sends, because a service worker has answered the navigation.

The answer says where a redirect would lead, and everything else is as in a navigation. No other request gets it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from support.browser import Answer, Browser

from valetkey.web.http import Incoming
from valetkey.web.origins import Origins
from web.test_redirects import (
    CHALLENGE,
    ON_ONE_ORIGIN,
    PAGE,
    RELAY,
    World,
    one_origin,  # noqa: F401  # fixture
    returns,
    signed_in,
    token_of,
    two_sites,  # noqa: F401  # fixture
)

SCRIPT = {
    "Accept": "application/json",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
}
ENDS = {name: ends for name, ends in ON_ONE_ORIGIN.items() if name != "a form"}  # which no worker answers


class Script(Browser):
    """The module in the app's page. ``headers`` are changes to its own."""

    headers: dict[str, str | None]

    def visit(self, path: str, **options: Any) -> Answer:
        sent = {**SCRIPT, **getattr(self, "headers", {})}
        return self.request("GET", path, headers={name: value for name, value in sent.items() if value}, **options)


@pytest.mark.parametrize(("ends", "address"), ENDS.values(), ids=list(ENDS))
def test_it_learns_what_a_redirect_says(
    one_origin: World,
    ends: Callable[[World, Browser], Answer],
    address: str,
) -> None:
    script = Script(one_origin[0].base)
    answer = ends(one_origin, script)
    if "/failed?code=" in address:
        assert answer.status >= 400
        assert "go_to" not in answer.json()
        assert address.endswith(("code=", str(answer.code)))
    else:
        assert answer.status == 200
        assert answer.json()["go_to"].startswith(address)
        assert answer.json()["go_to"].endswith("#")
        assert script.session_cookie or "classic" in answer.json()["go_to"]


def test_a_tab_goes_back_after_a_failure(one_origin: World) -> None:
    """With the error beside it. The page reads the login's state itself."""
    script = Script(one_origin[0].base)
    begun = script.begin(mode="page", return_to="/settings?tab=1#part")
    answer = script.visit(f"/auth/twitter?denied={begun.token}")
    assert answer.code == "denied"
    assert answer.json()["go_to"] == "/settings?tab=1#part"
    # The failed page says the same.
    page = script.visit("/auth/twitter/failed?code=denied")
    assert (page.status, page.json()) == (answer.status, answer.json())
    assert script.session(begun.login)["login"]["state"] == "denied"


def test_the_relay_page(two_sites: World) -> None:
    """With its fragment, which a script cannot see in a redirect: of a success and of a failure."""
    app, provider = two_sites
    for ends in ("code", "error"):
        script = Script(app.base, origin=PAGE)
        fields = {"login": secrets.token_urlsafe(16), "mode": "popup", "challenge": CHALLENGE}
        token = token_of(script.submit("/auth/twitter", fields, Sec_Fetch_Site="cross-site"))
        callback = provider.approve(token) if ends == "code" else f"/auth/twitter?denied={token}"
        answer = script.come_back(callback)
        assert answer.json()["go_to"].startswith(f"{RELAY}#login={fields['login']}&{ends}=")
        assert answer.code == (None if ends == "code" else "denied")


OTHERS: dict[str, dict[str, str | None]] = {
    "another origin": {"Sec-Fetch-Site": "cross-site", "Origin": PAGE},
    "another port": {"Sec-Fetch-Site": "same-site"},
    "typed": {"Sec-Fetch-Site": "none"},
    "no Fetch Metadata": {"Sec-Fetch-Site": None},
    "a navigation": {"Accept": "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8"},
    "anything": {"Accept": "*/*"},
}


@pytest.mark.parametrize("headers", OTHERS.values(), ids=list(OTHERS))
def test_another_request_is_redirected(one_origin: World, headers: dict[str, str | None]) -> None:
    script = Script(one_origin[0].base)
    script.headers = headers
    answer = returns("/settings")(one_origin, script)
    assert (answer.status, answer.header("location")) == (303, "/settings#")
    assert answer.body == b""


@pytest.mark.parametrize(("site", "go_to"), [("same-origin", "/settings#"), ("same-site", None), (None, None)])
def test_another_script_gets_the_error_alone(one_origin: World, site: str | None, go_to: str | None) -> None:
    """The control is the app's own, on this very origin."""
    script = Script(one_origin[0].base)
    script.headers = {"Sec-Fetch-Site": site}
    begun = script.begin(mode="page", return_to="/settings")
    answer = script.visit(f"/auth/twitter?denied={begun.token}")
    assert answer.code == "denied"
    assert answer.json().get("go_to") == go_to


def test_the_login_cookie_guards_it_all_the_same(one_origin: World) -> None:
    """A callback that another browser began, such as an attacker's: nothing is exchanged."""
    app, provider = one_origin
    attacker, script = Browser(app.base), Script(app.base)
    callback = provider.approve(attacker.begin().token)
    before = len(provider.exchanges)
    script.begin()
    assert script.come_back(callback).code == "another_browser"
    assert len(provider.exchanges) == before
    assert script.session_cookie is None
    assert signed_in(one_origin, script).status == 200  # the control


@pytest.mark.parametrize(
    ("more", "is_own"),
    [([], True), ([("sec-fetch-site", "cross-site")], False), ([("accept", "text/html")], False)],
    ids=["the control", "a site", "a type"],
)
def test_a_header_that_is_there_twice_is_no_word_of_the_browsers(more: list[tuple[str, str]], is_own: bool) -> None:
    said = [("accept", "application/json"), ("sec-fetch-site", "same-origin")]
    for headers in (said + more, more + said):
        assert Origins.is_own_script(Incoming(method="GET", path="twitter", headers=headers)) == is_own
