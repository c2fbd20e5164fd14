"""``<account-panel>`` against a real server with several providers: what it shows, what it does, and what it says."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect
from support.browser import Browser as Phone
from support.servers import App, Provider, app_and_provider
from support.waiting import wait_for
from support.windows import press_last, wait_until_closed

from browser.shots import faults_of

PAGES = Path(__file__).parent / "pages"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 Version/26.0 Safari/604.1"
DAY = 86_400
# Each width and each scheme once. ``SHOTS`` takes all four.
LOOKS = [(1280, "light"), (390, "dark")] + ([(1280, "dark"), (390, "light")] if "SHOTS" in os.environ else [])


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[App, Provider]]:
    mounted = json.dumps({"/account": str(PAGES / "account.html")})
    with app_and_provider(fronts=("google", "github"), MOUNTED=mounted) as pair:
        yield pair


def someone() -> dict[str, str]:
    number = str(secrets.randbelow(10**12) + 10**12)
    return {"user_id": number, "screen_name": f"p{number}"}


def signed_in(app: App, provider: Provider, who: dict[str, str], agent: str = CHROME) -> Phone:
    """A browser that has signed in at X."""
    phone = Phone(app.base)
    phone.come_back(provider.approve(phone.begin().token, **who), headers={"User-Agent": agent})
    assert phone.session_cookie
    return phone


def opened(profile: BrowserContext, app: App, phone: Phone) -> Page:
    """The page, in a browser with the session of ``phone``."""
    assert phone.session_cookie is not None
    profile.add_cookies([{"name": "valetkey-session", "value": phone.session_cookie, "url": app.base}])
    page = profile.new_page()
    page.goto(f"{app.base}/account")
    page.get_by_role("heading", name="Where you are signed in").wait_for()
    return page


@pytest.fixture
def who() -> dict[str, str]:
    return someone()


@pytest.fixture
def page(profile: BrowserContext, app: App, provider: Provider, who: dict[str, str]) -> Page:
    provider.reset()
    page = opened(profile, app, signed_in(app, provider, who))
    expect(rows(page, "devices")).to_have_count(1)  # so that no list is under way that a test has not asked for
    return page


def linked(app: App, provider: Provider, who: dict[str, str], *names: str) -> Phone:
    """A browser that has signed in at X and linked these."""
    desk = signed_in(app, provider, who)
    for name in names:
        begun = desk.submit(f"/auth/{name}/link", {"login": secrets.token_urlsafe(16), "mode": "popup"})
        desk.come_back(provider.at(name).approve(begun.send_to, user_id=who["user_id"]))
    return desk


def hold(page: Page, path: str, method: str = "GET") -> list[Route]:
    """The requests with that method, which are held from now on."""
    held: list[Route] = []
    page.route(path, lambda route: held.append(route) if route.request.method == method else route.fallback())
    return held


def wait_until_held(page: Page, held: list[Route], count: int = 1) -> None:
    wait_for(lambda: page.wait_for_timeout(5) or len(held) >= count)


def rows(page: Page, part: str) -> Locator:
    return page.locator(f"account-panel [part={part}] li [part~=text]")


def link(page: Page, label: str, persona: str) -> None:
    with page.expect_popup() as popup:
        page.get_by_role("button", name=label, exact=True).click()
    expect(page.get_by_text("Continue in the new window.")).to_be_visible()
    popup.value.get_by_role("radio", name=persona).check()
    popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)


def focused(page: Page) -> str:
    """The name of what has the focus in the panel."""
    return str(page.evaluate("document.querySelector('account-panel').shadowRoot.activeElement?.textContent ?? ''"))


def test_identities(page: Page, app: App, who: dict[str, str]) -> None:
    """Linked by the popup, and unlinked. The last one stays, and the page says why. The focus is never lost."""
    x = f"X @{who['screen_name']}"
    unlink_x = page.get_by_role("button", name=f"Unlink {x}", exact=True)
    expect(rows(page, "identities")).to_have_text([x])
    expect(unlink_x).to_have_attribute("aria-disabled", "true")
    expect(unlink_x).to_have_accessible_description("This is your only way to sign in.")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    unlink_x.click(force=True)
    links = page.locator("account-panel [part=links] [part=link]")
    expect(links).to_have_text(["Link another X account", "Link Google", "Link GitHub"])

    page.evaluate("() => { const real = open; window.open = (...all) => { features = all[2]; return real(...all) } }")
    link(page, "Link GitHub", "@bare")
    assert "width=520,height=640" in page.evaluate("features")
    expect(rows(page, "identities")).to_have_text([x, "GitHub @bare"])
    assert not [url for url in asked if "unlink" in url]
    expect(links).to_have_text(["Link another X account", "Link Google", "Link another GitHub account"])
    expect(page.get_by_role("status").filter(has_text="Linked.")).to_be_visible()
    expect(unlink_x).to_have_attribute("aria-disabled", "false")
    expect(unlink_x).to_have_accessible_description("")
    link(page, "Link Google", "@longname")
    name = "Google A Display Name That Has Exactly Fifty Characters!!"
    expect(rows(page, "identities")).to_have_text([x, "GitHub @bare", name])

    page.get_by_role("button", name="Unlink GitHub @bare", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="GitHub @bare is no longer linked.")).to_be_visible()
    expect(rows(page, "identities")).to_have_text([x, name])
    page.wait_for_function("document.activeElement.shadowRoot?.activeElement?.part.value === 'unlink'")
    assert [one["provider"] for one in page.request.get(f"{app.base}/api/me").json()["identities"]] == [
        "twitter", "google",
    ]  # fmt: skip


def test_enter_held_down_unlinks_one(page: Page, app: App) -> None:
    """The focus goes on to the button of the next identity, which the repeated key does not press."""
    identities = rows(page, "identities")
    for count, (label, persona) in enumerate([("Link GitHub", "@bare"), ("Link Google", "@ada")], 2):
        link(page, label, persona)
        expect(identities).to_have_count(count)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Unlink GitHub @bare", exact=True).focus()
    page.keyboard.down("Enter")
    following = page.get_by_role("button", name="Unlink Google")
    expect(following).to_be_focused()
    page.keyboard.down("Enter")
    assert following.get_attribute("aria-busy") != "true"
    page.keyboard.up("Enter")
    assert len([url for url in asked if "unlink" in url]) == 1
    expect(identities).to_have_count(2)


def test_without_javascript(chromium: Browser, app: App, page: Page) -> None:
    """The page has what the server has written into the panel; with the module, the panel takes its place."""
    fallback = "As the server knows it"
    expect(page.get_by_text(fallback)).to_be_hidden()
    context = chromium.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{app.base}/account")
    expect(plain.get_by_text(fallback)).to_be_visible()
    context.close()


def test_devices(page: Page, app: App, provider: Provider, who: dict[str, str]) -> None:
    """Named as people know them, each signed out by its button, or all but this one; then this one."""
    phones = [signed_in(app, provider, who, PHONE), signed_in(app, provider, who, ""), signed_in(app, provider, who)]
    for days, phone in enumerate(phones, 1):
        (device,) = [one["id"] for one in devices(phone) if one["current"]]
        app.query("UPDATE sessions SET seen_at = seen_at - ? WHERE id = ?", days * DAY, device)
    page.reload()
    shown = rows(page, "devices")
    expect(shown).to_have_text([
        "Chrome on LinuxThis device Last used today",
        "Safari on iPhone Last used yesterday",
        "Unknown device Last used 2 days ago",
        "Chrome on Linux Last used 3 days ago",
    ])  # fmt: skip
    expect(page.get_by_text("127.0.0")).to_have_count(0)

    page.get_by_role("button", name="Sign out Safari on iPhone", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Safari on iPhone is signed out.")).to_be_visible()
    expect(shown).to_have_count(3)
    assert [phone.me().status for phone in phones] == [401, 200, 200]
    page.wait_for_function("document.activeElement.shadowRoot?.activeElement?.part.value === 'sign-out-device'")

    phones[1].sign_out()  # by itself: the page does not know it yet
    page.get_by_role("button", name="Sign out Unknown device", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Unknown device is signed out.")).to_be_visible()
    expect(shown).to_have_count(2)

    page.get_by_role("button", name="Sign out everywhere else", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="You are signed out everywhere else.")).to_be_visible()
    expect(shown).to_have_count(1)
    expect(page.get_by_role("button", name="Sign out everywhere else")).to_be_hidden()
    assert focused(page) == "Where you are signed in"
    assert [phone.me().status for phone in phones] == [401, 401, 401]

    expect(page.get_by_text("Nobody is signed in.")).to_be_hidden()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_text("Nobody is signed in.")).to_be_visible()
    expect(page.get_by_role("heading", name="Where you are signed in")).to_be_hidden()
    assert focused(page) == "You are signed out."
    left = str(page.evaluate("document.querySelector('account-panel').shadowRoot.textContent"))
    assert [text for text in (who["screen_name"], "Chrome") if text in left] == []
    assert page.request.get(f"{app.base}/api/me").status == 401


def devices(phone: Phone) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = phone.fetch("GET", "/auth/sessions").json()["sessions"]
    return found


def test_only_a_fresh_session_links(profile: BrowserContext, app: App, provider: Provider) -> None:
    """The panel says so next to the button that was pressed, and signs in again."""
    provider.reset()
    phone = Phone(app.base)
    phone.come_back(provider.approve(phone.begin().token, "longname"))
    page = opened(profile, app, phone)
    app.query("UPDATE sessions SET opened_at = opened_at - 601")
    with page.expect_popup():
        page.get_by_role("button", name="Link GitHub", exact=True).click()
    expect(page.get_by_text("Please sign in again to do this.")).to_be_visible()
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in with X", exact=True).click()
    popup.value.get_by_role("radio", name="@longname").check()
    popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    expect(page.get_by_text("You have signed in again. You can do this now.")).to_be_visible()
    assert focused(page) == "Link GitHub"
    expect(rows(page, "devices")).to_have_count(1)
    assert len(page.request.get(f"{app.base}/auth/sessions").json()["sessions"]) == 1  # the session before is over
    link(page, "Link GitHub", "@longname")
    expect(rows(page, "identities")).to_have_count(2)


def test_an_identity_of_another_account(page: Page, app: App, provider: Provider) -> None:
    other = Phone(app.base, provider="google")
    other.come_back(provider.at("google").approve(other.begin().send_to, "rtl"))
    assert other.session_cookie
    link(page, "Link Google", "@rtl")
    expect(page.locator("[part~=line]", has_text="This is linked to another account here")).to_be_visible()
    expect(rows(page, "identities")).to_have_count(1)


def test_a_link_that_is_given_up(page: Page) -> None:
    """At the provider, or by the button; also after the page was loaded again meanwhile."""
    button = page.get_by_role("button", name="Link GitHub", exact=True)
    with page.expect_popup() as popup:
        button.click()
    popup.value.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Not linked, as you chose.")).to_be_visible()
    with page.expect_popup() as popup:
        button.click()
    popup.value.get_by_role("button", name="Authorize app").wait_for()
    page.reload()
    expect(page.get_by_text("Is the window gone?")).to_be_visible()
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_text("Cancelled. Nothing has changed.")).to_be_visible()
    assert focused(page) == "Link GitHub"


def test_nothing_that_it_shows_is_markup(page: Page) -> None:
    """Handles, names, titles and devices are text. A panel that shows them loads nothing."""
    bad = "<img src=/planted onerror='planted = 1'>$&"
    account = page.request.get(f"{page.url.removesuffix('/account')}/auth/session").json()
    identity = account["account"]["identities"][0]
    account["account"]["identities"] = [
        {**identity, "handle": bad},
        {**identity, "subject": "2", "handle": None, "name": bad},
        {**identity, "subject": bad, "provider": bad, "handle": None, "name": None},
    ]
    device = page.request.get(f"{page.url.removesuffix('/account')}/auth/sessions").json()["sessions"][0]
    listed = {"providers": [{"name": "twitter", "title": bad, "icon": bad, "colors": None}]}
    answers = {"session": account, "sessions": {"sessions": [{**device, "browser": f"{bad} on {bad}"}]}}
    for path, answer in {**answers, "providers": listed}.items():
        page.route(f"**/auth/{path}", partial(fulfil, answer))
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.reload()
    expect(rows(page, "identities")).to_have_text([f"{bad} @{bad}", f"{bad} {bad}", f"{bad} {bad}"])
    expect(rows(page, "devices").locator("[part=name]")).to_have_text(f"{bad} on {bad}")
    expect(page.locator("account-panel").locator("img, script")).to_have_count(0)
    assert page.evaluate("globalThis.planted ?? null") is None
    assert not [url for url in requests if "planted" in url]


def fulfil(answer: object, route: Route) -> None:
    route.fulfill(json=answer)


def test_other_words_and_another_language(page: Page) -> None:
    page.evaluate(
        """async () => {
        document.documentElement.lang = "de";
        const { setTexts } = await import("/auth/client.js");
        setTexts({ devices: "Geräte", lastUsed: "zuletzt {when}", thisDevice: "Dieses Gerät", link: "{provider} dazu",
          device: "{browser} unter {system}", unlink: "Trennen" });
        }"""
    )
    expect(page.get_by_role("heading", name="Geräte")).to_be_visible()
    expect(rows(page, "devices")).to_have_text(["Chrome unter LinuxDieses Gerät zuletzt heute"])
    expect(page.get_by_role("button", name="GitHub dazu", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Trennen X", exact=False)).to_be_visible()


def test_while_the_backend_is_down(profile: BrowserContext, app: App, provider: Provider, who: dict[str, str]) -> None:
    """What cannot be loaded says so where it would be, and is loaded by a button. What failed changes nothing."""
    phone = signed_in(app, provider, who)
    away = {"session": True, "sessions": True}

    def answer(route: Route) -> None:
        name = route.request.url.rpartition("/auth/")[2].partition("/")[0]
        route.abort() if away.get(name) else route.continue_()

    profile.route("**/auth/**", answer)
    assert phone.session_cookie is not None
    profile.add_cookies([{"name": "valetkey-session", "value": phone.session_cookie, "url": app.base}])
    page = profile.new_page()
    page.goto(f"{app.base}/account")
    says = page.locator("account-panel").get_by_text("The server does not answer.", exact=False)
    retry = page.get_by_role("button", name="Try again")
    expect(says).to_be_visible()
    away["session"] = False
    retry.click()
    expect(page.get_by_role("heading", name="Where you are signed in")).to_be_visible()
    expect(says).to_be_visible()
    away["sessions"] = False
    retry.click()
    expect(rows(page, "devices")).to_have_count(1)
    expect(says).to_be_hidden()
    away["session"] = True
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(says).to_be_visible()
    expect(rows(page, "devices")).to_have_count(1)


def test_a_button_that_fails_again_keeps_the_focus(page: Page) -> None:
    """A user of the keyboard can press it a third time."""
    page.route("**/auth/session", lambda route: route.abort())
    page.reload()
    retry = page.get_by_role("button", name="Try again")
    expect(retry).to_be_visible()
    before = retry.element_handle()
    retry.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("(before) => !before.isConnected", arg=before)
    expect(retry).to_be_focused()
    page.unroute("**/auth/session")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Where you are signed in")).to_be_visible()


def test_a_list_that_is_asked_for_twice_and_fails(page: Page) -> None:
    """The window gets the focus while the list is loaded. The panel says that it could not be."""
    held: list[Route] = []
    page.route("**/auth/sessions", lambda route: held.append(route))
    page.reload()
    wait_for(lambda: page.wait_for_timeout(10) or held)
    page.evaluate("dispatchEvent(new Event('focus'))")
    wait_for(lambda: page.wait_for_timeout(10) or len(held) > 1)
    for one in held:
        one.abort()
    expect(page.get_by_text("The server does not answer.", exact=False)).to_be_visible()
    page.unroute("**/auth/sessions")
    page.get_by_role("button", name="Try again").click()
    expect(rows(page, "devices")).to_have_count(1)


def test_the_last_other_device_goes_by_itself(page: Page, app: App, provider: Provider, who: dict[str, str]) -> None:
    """The button for the others goes with it. Its focus does not get lost."""
    phone = signed_in(app, provider, who, PHONE)
    page.reload()
    others = page.get_by_role("button", name="Sign out everywhere else")
    others.focus()
    phone.sign_out()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(others).to_be_hidden()
    assert focused(page) == "Where you are signed in"


@pytest.mark.parametrize("name", ["Unlink GitHub @bare", "Sign out Safari on iPhone", "Sign out everywhere else"])
def test_signed_out_before_the_answer(page: Page, app: App, provider: Provider, who: dict[str, str], name: str) -> None:
    """What was done before is not told to whoever is there afterwards."""
    signed_in(app, provider, who, PHONE)
    if "GitHub" in name:
        link(page, "Link GitHub", "@bare")
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(rows(page, "devices")).to_have_count(2)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route) if route.request.method != "GET" else route.fallback()

    page.route(re.compile("/auth/(unlink|sessions)/?"), hold)
    page.get_by_role("button", name=name, exact=True).click()
    wait_for(lambda: page.wait_for_timeout(10) or held)
    answer = held[0].fetch()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    with page.expect_request_finished():
        held[0].fulfill(response=answer)
    page.wait_for_timeout(500)  # for a question that may follow, and what is said then
    told = page.evaluate(
        "[...document.querySelector('account-panel').shadowRoot.querySelectorAll('[role=status]')]"
        ".map((one) => one.textContent)"
    )
    assert [one for one in told if one] == ["You are signed out."]


def test_out_of_the_page_at_the_sign_out(page: Page) -> None:
    """Put back, the panel shows nothing of the user who has signed out, even before the backend answers."""
    module = page.locator("script[type=module]").first.get_attribute("src")
    page.evaluate(
        """async (module) => {
        const { onSession, signOut } = await import(module);
        window.panel = document.querySelector("account-panel");
        window.place = panel.parentNode;
        panel.remove();
        const heard = new Promise((done) => onSession((found) => found ?? done()));
        await signOut();
        await heard;
        }""",
        module,
    )
    held: list[Route] = []
    page.route("**/auth/session", lambda route: held.append(route))
    page.evaluate("place.append(panel)")
    wait_for(lambda: page.wait_for_timeout(10) or held)
    expect(page.get_by_text("Nobody is signed in.")).to_be_visible()
    expect(page.get_by_role("heading", name="Where you are signed in")).to_be_hidden()


def test_an_answer_that_comes_late(page: Page) -> None:
    """It does not replace a newer one."""
    device = page.request.get(f"{page.url.removesuffix('/account')}/auth/sessions").json()["sessions"][0]
    held = hold(page, "**/auth/sessions")
    for count in (1, 2):
        page.evaluate("dispatchEvent(new Event('focus'))")
        wait_until_held(page, held, count)
    older, newer = ({"sessions": [{**device, "browser": name}]} for name in ("Opera on iPad", "Edge on Windows"))
    held[1].fulfill(json=newer)
    name = rows(page, "devices").locator("[part=name]")
    expect(name).to_have_text("Edge on Windows")
    with page.expect_event("requestfinished", lambda request: request == held[0].request):
        held[0].fulfill(json=older)
    page.evaluate("new Promise((done) => setTimeout(done, 100))")
    expect(name).to_have_text("Edge on Windows")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "crossed"])
def test_two_unlinked_at_once(page: Page, app: App, provider: Provider, who: dict[str, str], order: Any) -> None:
    """Each press asks who is signed in then, and the answer to the later question is shown, whenever it comes."""
    linked(app, provider, who, "github", "google")
    page.reload()
    expect(rows(page, "identities")).to_have_count(3)
    held = hold(page, "**/auth/session")
    answers = []
    for count, name in enumerate(("GitHub", "Google"), 1):
        page.get_by_role("button", name=re.compile(f"^Unlink {name}")).click()
        wait_until_held(page, held, count)
        answers.append(held[-1].fetch())
    for one in order:
        held[one].fulfill(response=answers[one])
        page.wait_for_timeout(100)
    expect(rows(page, "identities")).to_have_text([f"X @{who['screen_name']}"])


LATE = {
    "Sign out Safari on iPhone": ("**/auth/sessions/*", "DELETE", "Safari on iPhone is signed out."),
    "Sign out everywhere else": ("**/auth/sessions", "DELETE", "You are signed out everywhere else."),
    "Unlink GitHub": ("**/auth/unlink/", "POST", "is no longer linked."),
}


@pytest.mark.parametrize("name", LATE)
@pytest.mark.parametrize("succeeds", [True, False], ids=["done", "failed"])
def test_what_comes_late_is_shown_to_nobody_else(
    page: Page, app: App, provider: Provider, who: dict[str, str], name: str, succeeds: bool
) -> None:
    """The user pressed a button and signed out before its answer was there, and another one signs in."""
    linked(app, provider, who, "github")
    signed_in(app, provider, who, PHONE)
    page.reload()
    expect(rows(page, "devices")).to_have_count(3)
    path, method, done = LATE[name]
    held = hold(page, path, method)
    page.get_by_role("button", name=re.compile(f"^{name}")).click()
    wait_until_held(page, held)
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_text("Nobody is signed in.")).to_be_visible()
    held[0].fulfill(status=204) if succeeds else held[0].abort()
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in with X", exact=True).click()
    popup.value.get_by_role("radio", name="@bare").check()
    popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    expect(rows(page, "identities")).to_have_text(["X @bare"])
    expect(rows(page, "devices").filter(has_text="This device")).to_have_count(1)
    left = str(page.evaluate("document.querySelector('account-panel').shadowRoot.textContent"))
    assert [text for text in (done, "The server does not answer.", who["screen_name"]) if text in left] == []
    expect(page.locator("account-panel [aria-busy=true]")).to_have_count(0)


def test_a_list_that_fails_says_so_whoever_asked_last(profile: BrowserContext, app: App, provider: Provider) -> None:
    """A window that gets the focus asks quietly. In place of the first question, its failure is said all the same."""
    phone = signed_in(app, provider, someone())
    held: list[Route] = []
    profile.route("**/auth/sessions", lambda route: held.append(route))
    page = opened(profile, app, phone)
    wait_until_held(page, held)
    page.evaluate("dispatchEvent(new Event('focus'))")
    wait_until_held(page, held, 2)
    for route in held:
        route.abort()
    says = page.get_by_text("The server does not answer.", exact=False)
    expect(says).to_be_visible()
    profile.unroute("**/auth/sessions")
    page.get_by_role("button", name="Try again").click()
    expect(rows(page, "devices")).to_have_count(1)
    expect(says).to_be_hidden()


def test_the_focus_stays_where_two_lists_are_asked_for(page: Page, app: App, provider: Provider, who: Any) -> None:
    """The window got the focus while the list after a press was under way."""
    signed_in(app, provider, who, PHONE)
    page.reload()
    expect(rows(page, "devices")).to_have_count(2)
    held = hold(page, "**/auth/sessions")
    page.get_by_role("button", name="Sign out everywhere else").click()
    wait_until_held(page, held)
    page.evaluate("dispatchEvent(new Event('focus'))")
    wait_until_held(page, held, 2)
    with page.expect_event("requestfinished", lambda request: request == held[0].request):
        held[0].continue_()
    page.wait_for_timeout(100)
    held[1].continue_()
    expect(page.get_by_role("button", name="Sign out everywhere else")).to_be_hidden()
    page.wait_for_function(
        "document.activeElement.shadowRoot?.activeElement?.textContent === 'Where you are signed in'"
    )


def test_a_list_that_loads_takes_back_no_other_problem(page: Page, app: App, provider: Provider, who: Any) -> None:
    """The list was asked for before a press that failed, and comes after it: what the press says stays."""
    signed_in(app, provider, who, PHONE)
    page.reload()
    expect(rows(page, "devices")).to_have_count(2)
    held: list[Route] = []

    def answer(route: Route) -> None:
        held.append(route) if route.request.method == "GET" else route.abort()

    page.route("**/auth/sessions", answer)
    page.evaluate("dispatchEvent(new Event('focus'))")
    wait_until_held(page, held)
    page.get_by_role("button", name="Sign out everywhere else").click()
    says = page.get_by_text("The server does not answer.", exact=False)
    expect(says).to_be_visible()
    with page.expect_event("requestfinished"):
        held[0].fulfill(json={"sessions": held[0].fetch().json()["sessions"][:1]})
    expect(rows(page, "devices")).to_have_count(1)
    assert says.is_visible()


def test_a_device_that_was_signed_out_elsewhere(page: Page, app: App, provider: Provider, who: dict[str, str]) -> None:
    """It notices at its next question: the panel says so, other elements change, and every listener hears of it."""
    listen(page)
    expect(page.get_by_text("Somebody is signed in.")).to_be_visible()
    desk = signed_in(app, provider, who)
    assert desk.fetch("DELETE", "/auth/sessions").status == 204
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    expect(page.get_by_text("Nobody is signed in.")).to_be_visible()
    expect(page.get_by_text("Somebody is signed in.")).to_be_hidden()
    page.wait_for_function("globalThis.heard.at(-1) === null")


def listen(page: Page) -> None:
    module = page.locator("script[type=module]").first.get_attribute("src")
    page.evaluate(
        """async (module) => {
        globalThis.heard = [];
        const { onSession } = await import(module);
        onSession((found) => heard.push(found?.account.id ?? null));
        }""",
        module,
    )
    page.wait_for_function("globalThis.heard.length")


@pytest.mark.parametrize("name", ["Link GitHub", "Sign out Safari on iPhone", "Sign out everywhere else"])
def test_a_session_that_is_over_may_do_nothing(
    page: Page, app: App, provider: Provider, who: dict[str, str], name: str
) -> None:
    """And each of these questions notices that it is over."""
    desk = signed_in(app, provider, who, PHONE)
    page.reload()
    expect(rows(page, "devices")).to_have_count(2)
    assert desk.fetch("DELETE", "/auth/sessions").status == 204
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    assert desk.me().status == 200


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look)))
def test_it_fits_and_can_be_read(
    chromium: Browser, app: App, provider: Provider, who: dict[str, str], look: tuple[int, Any]
) -> None:
    """By axe's rules. ``SHOTS`` names a directory for pictures."""
    width, scheme = look
    provider.reset()
    provider.set(coop="same-origin")
    context = chromium.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True)
    context.set_default_timeout(8_000)
    signed_in(app, provider, who, PHONE)
    desk = linked(app, provider, who, "github")
    page = opened(context, app, desk)
    expect(rows(page, "identities")).to_have_count(2)
    app.query("UPDATE sessions SET opened_at = opened_at - 601")
    with page.expect_popup():
        page.get_by_role("button", name="Link another X account").click()
    page.get_by_text("Please sign in again").wait_for()
    with page.expect_popup():
        page.get_by_role("button", name="Sign in with GitHub").click()
    page.get_by_text("Is the window gone?").wait_for()
    faults = shot(page, f"account-{width}-{scheme}")
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("button", name=re.compile("^Unlink GitHub")).click()
    expect(rows(page, "identities")).to_have_count(1)
    page.route("**/auth/sessions", lambda route: route.abort())
    page.get_by_role("button", name="Sign out everywhere else").click()
    page.get_by_text("The server does not answer.", exact=False).wait_for()
    faults += shot(page, f"account-one-{width}-{scheme}")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_text("You are signed out.").wait_for()
    faults += shot(page, f"account-none-{width}-{scheme}")
    context.close()
    assert faults == []


def shot(page: Page, name: str) -> list[str]:
    if directory := os.environ.get("SHOTS"):
        page.screenshot(path=Path(directory) / f"{name}.png", full_page=True)
    return faults_of(page)


def test_the_failure_of_an_earlier_link_comes_late(page: Page, profile: BrowserContext) -> None:
    """What explains it is still loading when the user presses again. The line is about the new window, and its end."""
    held: list[Route] = []
    profile.route("**/auth/watch.js", lambda route: held.append(route))
    link = page.get_by_role("button", name=re.compile("^Link (another )?Google"))
    status = page.locator(".way", has=link).get_by_role("status")
    with page.expect_popup() as first:
        link.click()
    page.evaluate(
        """async () => {
          const { signIn } = await import("/auth/client.js");
          signIn("google/link", { signal: AbortSignal.abort() }).catch(({ code }) => window.failed = code);
        }"""
    )
    wait_until_closed(first.value)
    with page.expect_popup() as second:
        link.click()
    page.wait_for_function("window.failed === 'cancelled'")
    expect(status).to_have_text("Continue in the new window.")
    held[0].continue_()
    profile.unroute("**/auth/watch.js")
    second.value.get_by_role("radio", name="@bare").check()  # whom no other test has linked there
    press_last(second.value, "Authorize app")
    expect(status).to_have_text("Linked.")
