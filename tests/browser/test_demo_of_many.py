"""The demo page of an app with several providers: a button for each, and names that fit whatever each provider says."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from support.hostile import ADA, Hostile, hostile
from support.servers import SECRET, Process, free_port

from browser.shots import WIDTHS, faults_of

TITLES = {
    "google": "Google",
    "github": "GitHub",
    "acme": "Acme <b>& Sons</b>",
    "twitter": "X",
    "discord": "Discord",
    "gitlab": "GitLab",
}


@pytest.fixture(scope="module")
def running_p() -> Iterator[Hostile]:
    with hostile() as one:
        yield one


@pytest.fixture(scope="module")
def base(running_p: Hostile, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """``valetkey serve`` with six providers, all of them played by P."""
    port = free_port()
    env = {
        "VALETKEY_URL": f"http://127.0.0.1:{port}",
        "VALETKEY_PROVIDERS": ",".join(TITLES),
        "VALETKEY_SECRET": SECRET,
        "VALETKEY_DATABASE": f"sqlite:///{tmp_path_factory.mktemp('many') / 'app.db'}",
        "ACME_ISSUER": f"{running_p.origin}/acme",
        "ACME_TITLE": TITLES["acme"],
    }
    for name in TITLES:
        env[f"{name.upper()}_CLIENT_ID"] = running_p.client_id
        env[f"{name.upper()}_CLIENT_SECRET"] = running_p.client_secret
        if name != "acme":
            env[f"VALETKEY_{name.upper()}_BASE"] = f"{running_p.origin}/{name}"
    server = Process("serve", "--no-browser", "--port", str(port), env=env)
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def p(running_p: Hostile) -> Hostile:
    running_p.reset()
    return running_p


@pytest.fixture
def page(profile: BrowserContext, base: str) -> Page:
    opened = profile.new_page()
    opened.goto(base)
    return opened


def someone(p: Hostile, number: int, **claims: object) -> None:
    """Who approves from now on. Without further claims a provider knows nothing but an id."""
    p.person = {"sub": str(number), **claims}


def sign_in(page: Page, title: str) -> None:
    page.get_by_role("button", name=f"Sign in with {title}", exact=True).click()
    page.get_by_role("button", name="Sign out", exact=True).wait_for()


def link(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).click()


def identities(page: Page) -> Locator:
    return page.locator("#identities li span")


def me(page: Page) -> Any:
    return page.request.get(f"{page.url}api/me").json()


def test_a_button_for_each_in_their_order(page: Page) -> None:
    last = list(TITLES.values())[-1]
    page.get_by_role("button", name=f"Sign in with {last}", exact=True).wait_for()
    buttons = page.get_by_role("button", name=re.compile("^Sign in with "))
    expect(buttons).to_have_text([f"Sign in with {title}" for title in TITLES.values()])
    expect(page.locator("b", has_text="Sons")).to_have_count(0)


@pytest.mark.parametrize("name", ["discord", "gitlab"])
def test_each_signs_in(page: Page, p: Hostile, name: str) -> None:
    """The sandbox plays the others to a page in test_several_providers.py."""
    someone(p, 40, **{**ADA, "sub": "40"})
    sign_in(page, TITLES[name])
    expect(page.get_by_text("Ada Lovelace", exact=True)).to_be_visible()
    (identity,) = me(page)["identities"]
    assert (identity["provider"], identity["name"]) == (name, "Ada Lovelace")
    has_handle = identity["handle"] is not None
    expect(page.get_by_text("@ada", exact=True)).to_have_count(1 if has_handle else 0)
    has_address = identity["email"] is not None
    expect(page.get_by_text("ada@example.com", exact=True)).to_have_count(1 if has_address else 0)


WHO: dict[str, tuple[dict[str, object], list[str]]] = {
    "a handle and a name": ({"preferred_username": "ada", "name": "Ada"}, ["Ada", "@ada"]),
    "a handle": ({"preferred_username": "ada"}, ["ada", "@ada"]),
    "a name": ({"name": "Ada"}, ["Ada"]),
    "a name and an address": (
        {"name": "Ada", "email": "ada@example.com", "email_verified": True},
        ["Ada", "ada@example.com"],
    ),
    "an address that is not verified": (
        {"name": "Ada", "email": "ada@example.com"},
        ["Ada", "ada@example.com (not verified)"],
    ),
    "an address alone": ({"email": "ada@example.com", "email_verified": True}, ["ada@example.com"]),
    "nothing": ({}, [f"{TITLES['acme']} account"]),
    "HTML": ({"name": "<img src=x onerror=alert(1)>"}, ["<img src=x onerror=alert(1)>"]),
}


@pytest.mark.parametrize(("number", "who"), list(enumerate(WHO)), ids=list(WHO))
def test_who_is_signed_in(page: Page, p: Hostile, number: int, who: str) -> None:
    claims, shown = WHO[who]
    someone(p, 50 + number, **claims)
    sign_in(page, TITLES["acme"])
    lines = page.locator(".who > *:visible")
    expect(lines).to_have_text(shown)
    expect(page.locator("#initial")).not_to_have_text("")
    page.reload()
    expect(lines).to_have_text(shown)
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("button", name=f"Sign in with {TITLES['acme']}", exact=True).wait_for()


def test_linking_several(page: Page, p: Hostile) -> None:
    """A provider's button says whether it has an account already, and an identity is named by its provider's title."""
    someone(p, 70, name="Ada", email="ada@example.com", email_verified=True)
    sign_in(page, "Google")
    labels = page.locator("#account .ways button")
    acme = TITLES["acme"]
    first = ["another Google", "a GitHub", f"an {acme}", "an X", "a Discord", "a GitLab"]
    expect(labels).to_have_text([f"Link {one} account" for one in first])
    expect(identities(page)).to_have_text(["Google account ada@example.com"])
    someone(p, 71, preferred_username="ada71", name="Ada L")
    link(page, "Link a GitHub account")
    expect(page.get_by_text("GitHub account ada71", exact=True)).to_be_visible()
    expect(labels).to_have_text([f"Link {one} account" for one in [first[0], "another GitHub", *first[2:]]])
    expect(page.get_by_text("@ada71", exact=True)).to_be_visible()  # the account's handle now
    someone(p, 72)
    link(page, f"Link an {acme} account")
    expect(page.get_by_text(f"{acme} account 72", exact=True)).to_be_visible()
    someone(p, 73, name="Ada M", email="more@example.com")
    link(page, "Link another Google account")
    expect(page.get_by_text("Google account more@example.com", exact=True)).to_be_visible()
    assert sorted(one["provider"] for one in me(page)["identities"]) == ["acme", "github", "google", "google"]
    page.get_by_role("button", name="Unlink ada71", exact=True).click()
    expect(labels.nth(1)).to_have_text("Link a GitHub account")
    expect(identities(page)).to_have_count(3)


@pytest.mark.parametrize("look", [("wide", "light"), ("narrow", "dark")], ids="-".join)
def test_it_fits_and_can_be_read(chromium: Browser, base: str, p: Hostile, look: tuple[str, str]) -> None:
    """Also on a phone of 320 px, with the longest names; by axe's rules. ``SHOTS`` names a directory for pictures."""
    width, scheme = look
    context = chromium.new_context(
        viewport={"width": WIDTHS[width], "height": 760}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    page.goto(base)
    page.get_by_role("button", name="Sign in with GitLab", exact=True).wait_for()
    faults = shot(page, f"many-{width}-{scheme}")
    long: Mapping[str, object] = {"name": "W" * 60, "email": f"{'w' * 60}@example.com", "preferred_username": "w" * 39}
    someone(p, WIDTHS[width] * 10, **long)
    sign_in(page, "GitHub")
    someone(p, WIDTHS[width] * 10 + 1, **long)
    link(page, f"Link an {TITLES['acme']} account")
    page.get_by_text(f"Link another {TITLES['acme']} account").wait_for()
    faults += shot(page, f"many-signed-in-{width}-{scheme}")
    context.close()
    assert faults == []


def shot(page: Page, name: str) -> list[str]:
    page.wait_for_timeout(100)
    if directory := os.environ.get("SHOTS"):
        page.screenshot(path=Path(directory) / f"{name}.png", full_page=True)
    return faults_of(page)
