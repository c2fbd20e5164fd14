"""The browser module by itself: its states, its words, and that every promise settles."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from support.servers import App, Provider, app_and_provider
from support.waiting import wait_for
from support.windows import press_last, wait_until_closed

# Begins a sign-in as a page would, and keeps what it hears.
BEGIN = """async (options) => {
  const { signIn } = await import('/auth/client.js');
  window.states = [];
  window.outcome = signIn(options.provider ?? 'twitter', {
    ...options, onState: (state, controls) => { states.push(state); window.controls = controls },
  }).then(
    ({ account }) => account.identities[0].handle,
    ({ name, code, message, hint }) => ({ name, code, message, hint }));
}"""


class SignsIn:
    """A page with the module, that begins one sign-in."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def begin(self, **options: object) -> None:
        self.page.evaluate(BEGIN, options)

    def popup(self, **options: object) -> Page:
        with self.page.expect_popup() as opened:
            self.begin(**options)
        return opened.value

    def consent(self, **options: object) -> Page:
        popup = self.popup(**options)
        popup.get_by_role("button", name="Authorize app").wait_for()
        return popup

    @property
    def states(self) -> list[str]:
        return list(self.page.evaluate("states"))

    def settled(self) -> object:
        """What it settled with, or "pending"."""
        return self.page.evaluate("Promise.race([outcome, new Promise((late) => setTimeout(late, 50, 'pending'))])")

    def code(self, seconds: float = 8.0) -> str:
        """The code it rejects with; its other properties are those of an error of ours."""
        wait_for(lambda: self.settled() != "pending", seconds)
        told = self.settled()
        assert isinstance(told, dict), told
        assert told["name"] == "SignInError"
        assert told["message"].endswith(".")
        assert isinstance(told["hint"], str)
        return str(told["code"])


def approve(popup: Page) -> None:
    press_last(popup, "Authorize app")


def approve_here(page: Page) -> None:
    """In the same tab: until it is back, the page is the provider's, which names the same handle."""
    approve(page)
    page.wait_for_url(lambda url: "/oauth/" not in url)


@pytest.fixture
def signs_in(page: Page) -> SignsIn:
    return SignsIn(page)


@pytest.fixture
def own(profile: BrowserContext) -> Iterator[Callable[..., tuple[SignsIn, App, Provider]]]:
    """An app of its own, for what an app remembers or a page's headers change."""
    worlds = []

    def make(headers: dict[str, str] | None = None) -> tuple[SignsIn, App, Provider]:
        worlds.append(app_and_provider(**({"PAGE_HEADERS": json.dumps(headers)} if headers else {})))
        app, provider = worlds[-1].__enter__()
        opened = profile.new_page()
        opened.goto(app.base)
        return SignsIn(opened), app, provider

    yield make
    for one in worlds:
        one.__exit__(None, None, None)


# Each code is provoked in test_codes.py. Here is what else leads to one.


def test_cancelled_by_the_page(signs_in: SignsIn, provider: Provider) -> None:
    """By the page's own button, and by a signal: at once, with the popup out of the way."""
    popup = signs_in.consent()
    signs_in.page.evaluate("controls.cancel()")
    assert signs_in.code() == "cancelled"
    wait_until_closed(popup)
    with signs_in.page.expect_popup() as second:
        signs_in.page.evaluate(
            """async () => { const { signIn } = await import('/auth/client.js');
            window.abort = new AbortController();
            window.outcome = signIn('twitter', { signal: abort.signal }).catch(({ ...error }) => error.code) }"""
        )
    assert signs_in.settled() == "pending"
    signs_in.page.evaluate("abort.abort()")
    assert signs_in.settled() == "cancelled"
    wait_until_closed(second.value)
    signs_in.page.evaluate(
        """async () => { const { signIn } = await import('/auth/client.js');
        window.opens = 0;
        window.open = () => { opens++; return null };
        window.outcome = signIn('twitter', { signal: AbortSignal.abort() }).catch(({ code }) => code) }"""
    )
    assert signs_in.settled() == "cancelled"
    assert signs_in.page.evaluate("opens") == 0
    assert provider.exchanges == []


def test_the_server_that_was_finishing_is_killed(own: Callable[..., tuple[SignsIn, App, Provider]]) -> None:
    """The server that was finishing the login was killed. The popup, which would come back to another, is gone."""
    signs_in, app, _ = own()
    app.stop()
    app.start(dies="after claim 1")
    popup = signs_in.consent()
    approve(popup)
    app.server.process.wait(10)
    popup.close()
    app.start()
    app.query("UPDATE login_claims SET leased_until = 0")
    assert signs_in.code(20) == "interrupted"


def test_requests_blocked_by_the_policy(own: Callable[..., tuple[SignsIn, App, Provider]]) -> None:
    """The error names the directive, where a script learns no more than that something failed."""
    directive = "connect-src"
    signs_in, app, _ = own({"Content-Security-Policy": f"{directive} 'none'"})
    popup = signs_in.popup()
    assert signs_in.code() == "blocked_by_csp"
    told = signs_in.settled()
    assert isinstance(told, dict)
    assert directive in told["hint"]
    assert app.base in told["hint"]
    assert not popup.is_closed()


def test_a_policy_that_only_reports(own: Callable[..., tuple[SignsIn, App, Provider]]) -> None:
    """It blocks nothing, and so it ends nothing."""
    signs_in, _, _ = own({"Content-Security-Policy-Report-Only": "form-action 'none'; connect-src 'none'"})
    signs_in.page.evaluate(
        """() => { window.reported = [];
        addEventListener("securitypolicyviolation", ({ effectiveDirective }) => reported.push(effectiveDirective)) }"""
    )
    approve(signs_in.consent())
    wait_for(lambda: signs_in.settled() != "pending")
    assert signs_in.settled() == "ada"
    assert "connect-src" in signs_in.page.evaluate("reported")  # the control


def test_an_exchange_that_is_never_answered(signs_in: SignsIn, provider: Provider) -> None:
    """Nor that of a restart: the page learns what the provider did."""
    provider.fault("access_token", "drop", times=8)
    approve(signs_in.consent())
    assert signs_in.code(20) == "provider_unavailable"


# States


def test_the_states_of_a_login_that_lands(signs_in: SignsIn, provider: Provider) -> None:
    provider.fault("access_token", "delay", seconds=2.5)
    popup = signs_in.consent()
    assert signs_in.states == ["opened"]
    approve(popup)
    wait_for(lambda: len(provider.exchanges) == 1)
    signs_in.page.evaluate("dispatchEvent(new Event('focus'))")  # it asks now, in the middle of the exchange
    wait_for(lambda: "finishing" in signs_in.states)
    wait_for(lambda: signs_in.settled() == "ada")
    assert signs_in.states == ["opened", "finishing"]


def test_one_sign_in_at_a_time(signs_in: SignsIn, provider: Provider) -> None:
    """Who calls twice has one promise's outcome, one window, one login."""
    popup = signs_in.consent()
    before = len(signs_in.page.context.pages)
    signs_in.page.evaluate("() => { window.first = window.outcome }")
    signs_in.begin()
    assert len(signs_in.page.context.pages) == before
    approve(popup)
    wait_for(lambda: signs_in.settled() == "ada")
    assert signs_in.page.evaluate("first") == "ada"
    assert len(provider.calls("request_token")) == len(provider.exchanges) == 1


def test_what_the_page_throws_is_its_own_to_see(signs_in: SignsIn, page: Page) -> None:
    """From a function that it gave us: said, and the sign-in and the other functions go on."""
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(fault.message))
    page.evaluate(
        """async () => { const { onSession, session, signIn } = await import('/auth/client.js'); window.heard = [];
        await session();  // the page's first question is answered: from now on a listener hears changes alone
        onSession(() => { throw new Error('the listener') });
        onSession((found) => heard.push(found?.account.identities[0].handle));
        window.start = () => { window.outcome = signIn('twitter', { onState: () => { throw new Error('the watcher') } })
            .then(({ account }) => account.identities[0].handle) } }"""
    )
    with page.expect_popup() as opened:
        page.evaluate("start()")
    opened.value.get_by_role("button", name="Authorize app").wait_for()
    approve(opened.value)
    wait_for(lambda: signs_in.settled() == "ada")
    wait_for(lambda: page.evaluate("heard") == ["ada"])
    wait_for(lambda: page.wait_for_timeout(10) or len(faults) > 1)  # a rejection is told in a task of its own
    assert set(faults) == {"the watcher", "the listener"}


def test_unsure_and_opened_again(signs_in: SignsIn, provider: Provider) -> None:
    """Cut off, so nobody can know: two ways out. Opened again, either window lands it."""
    provider.set(coop="same-origin")
    first = signs_in.consent()
    wait_for(lambda: "unsure" in signs_in.states, 4)
    with signs_in.page.expect_popup() as opened:
        signs_in.page.evaluate("controls.reopen()")
    opened.value.get_by_role("button", name="Authorize app").wait_for()
    approve(first)
    wait_for(lambda: signs_in.settled() == "ada")
    assert len(provider.exchanges) == 1


def test_the_page_that_goes_away_and_comes_back(signs_in: SignsIn, provider: Provider) -> None:
    """This tab signs in, and the user goes back instead: the page says so, and the button works again."""
    page = signs_in.page
    page.evaluate("sessionStorage.clear()")
    signs_in.begin(mode="page")
    page.get_by_role("button", name="Authorize app").wait_for()
    page.go_back()
    expect(page.get_by_role("status")).to_have_text("Cancelled. You can try again.")
    page.evaluate("window.open = () => null")
    page.get_by_role("button", name="Sign in with X", exact=True).click()
    approve_here(page)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    assert len(provider.exchanges) == 1


def test_back_from_the_cache(signs_in: SignsIn) -> None:
    """The same where the browser kept the page as it was: its promise settles."""
    page = signs_in.page
    page.evaluate("HTMLFormElement.prototype.submit = () => {}")
    signs_in.begin(mode="page")
    assert signs_in.settled() == "pending"
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    assert signs_in.code() == "cancelled"


@pytest.mark.parametrize("late", [0, 800])
def test_a_failure_in_this_tab_is_told_when_it_is_back(signs_in: SignsIn, provider: Provider, late: int) -> None:
    page = signs_in.page
    signs_in.begin(mode="page")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("link", name="Return to the app").click()
    # Also where the outcome is there before the button is.
    page.route("**/auth/button.js", lambda route: (page.wait_for_timeout(late), route.continue_()))
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_role("status")).to_have_text("Not signed in, as you chose.")


def test_no_popups_on_a_home_screen_or_in_another_app(profile: BrowserContext, app: App, provider: Provider) -> None:
    for script in (
        "const real = matchMedia;"
        "window.matchMedia = (query) => query.includes('standalone') ? {matches: true} : real(query)",
        "Object.defineProperty(navigator, 'userAgent', { get: () => 'Mozilla/5.0 (iPhone) [FBAN/FBIOS;FBAV/500]' })",
    ):
        provider.control("DELETE", "journal")
        context = profile.browser.new_context()  # type: ignore[union-attr]
        page = context.new_page()
        page.add_init_script(script)
        page.goto(app.base)
        page.get_by_role("button", name="Sign in with X", exact=True).click()
        approve_here(page)
        expect(page.get_by_text("@ada", exact=True)).to_be_visible()
        assert len(context.pages) == 1
        assert len(provider.exchanges) == 1
        context.close()


def test_a_window_of_ones_own(signs_in: SignsIn, provider: Provider) -> None:
    with signs_in.page.expect_popup() as opened:
        signs_in.page.evaluate(
            """async () => { const { signIn } = await import('/auth/client.js');
            const mine = open('about:blank', 'mine', 'popup');
            window.outcome = signIn('twitter', { window: mine })
              .then(({ account }) => account.identities[0].handle) }"""
        )
    approve(opened.value)
    wait_for(lambda: signs_in.settled() == "ada")
    assert len(signs_in.page.context.pages) <= 2


# Listeners


def test_listeners_hear_of_every_tab(profile: BrowserContext, app: App, provider: Provider) -> None:
    """Who signs in or out in one tab has done so in all; no listener hears the same twice."""
    tabs = [profile.new_page(), profile.new_page()]
    for tab in tabs:
        tab.goto(app.base)
        tab.get_by_role("button", name="Sign in with X", exact=True).wait_for()
        tab.evaluate(
            """async () => { const { onSession, session } = await import('/auth/client.js'); window.heard = [];
            await session();  // the page's first question is answered: from now on a listener hears changes alone
            window.stop = onSession((found) => heard.push(found?.account.identities[0].handle ?? null)) }"""
        )
    signs_in = SignsIn(tabs[0])
    approve(signs_in.consent())
    for tab in tabs:
        expect(tab.get_by_text("@ada", exact=True)).to_be_visible()
    tabs[1].evaluate("stop()")
    tabs[1].get_by_role("button", name="Sign out", exact=True).click()
    for tab in tabs:
        expect(tab.get_by_role("button", name="Sign in with X", exact=True)).to_be_visible()
    assert [tab.evaluate("heard") for tab in tabs] == [["ada", None], ["ada"]]


def test_an_answer_that_is_older_than_the_sign_in(page: Page, open_popup: Callable[[], Page]) -> None:
    """The question of a page that loads is answered late, and says that nobody is signed in. Somebody is, meanwhile."""
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if route.request.method == "GET" and not held:
            held.append(route)
        else:
            route.continue_()

    page.wait_for_load_state("networkidle")
    page.route("**/auth/session", hold_the_first)
    page.evaluate(
        """() => { window.asked = import('/auth/client.js').then(({ session }) => session())
            .then((found) => found?.account.identities[0].handle ?? null) }"""
    )
    wait_for(lambda: page.wait_for_timeout(10) or held)
    approve(open_popup())
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    held[0].fulfill(content_type="application/json", body='{"account": null}')
    assert page.evaluate("asked") == "ada"


# The button


def test_other_words(page: Page) -> None:
    """Another language, right to left too; buttons that are there and buttons that come."""
    page.evaluate(
        """async () => { const { setTexts } = await import('/auth/client.js');
        document.documentElement.dir = 'rtl';
        setTexts({ signIn: 'התחברות עם {provider}', popup_blocked: 'החלון נחסם.' });
        document.body.append(document.createElement('sign-in-button')) }"""
    )
    buttons = page.get_by_role("button", name="התחברות עם X")
    expect(buttons).to_have_count(2)
    mark, label = (buttons.first.locator(one).bounding_box() for one in ("svg", "span"))
    assert mark is not None
    assert label is not None
    assert mark["x"] > label["x"]


def test_the_parts_can_be_styled(page: Page, provider: Provider, open_popup: Callable[[], Page]) -> None:
    page.evaluate(
        """() => { const sheet = new CSSStyleSheet();
        sheet.replaceSync(['button', 'mark', 'label', 'line', 'status', 'link', 'reopen', 'here', 'cancel']
          .map((part, nth) => `sign-in-button::part(${part}) { outline: ${nth + 1}px solid red }`).join(''));
        document.adoptedStyleSheets = [sheet] }"""
    )
    widths = page.evaluate(
        """[...document.querySelector('sign-in-button').shadowRoot.querySelectorAll('[part]')]
        .map((part) => [part.getAttribute('part'), getComputedStyle(part).outlineWidth])"""
    )
    assert dict(widths) == {
        part: f"{nth}px"
        for nth, part in enumerate(("button", "mark", "label", "line", "status", "link", "reopen", "here", "cancel"), 1)
    }


def test_by_keyboard(page: Page, provider: Provider) -> None:
    """Tab, Enter; and after Cancel the focus is on the button again."""
    provider.set(coop="same-origin")
    button = page.get_by_role("button", name="Sign in with X", exact=True)
    button.wait_for()
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    assert button.evaluate("(one) => getComputedStyle(one).outlineStyle") == "solid"
    with page.expect_popup() as popup:
        page.keyboard.press("Enter")
    popup.value.get_by_role("button", name="Authorize app").wait_for()
    expect(button).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("status")).to_have_text("Is the window gone?", timeout=4_000)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Open it again")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Continue in this tab")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Cancelled. You can try again.")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-busy", "false")


def test_a_failure_that_is_told_late(page: Page, provider: Provider, open_popup: Callable[[], Page]) -> None:
    """The file that explains it is still loading when the user presses again. The button shows the new sign-in."""
    held: list[Route] = []
    page.route("**/auth/watch.js*", lambda route: held.append(route))
    page.evaluate("addEventListener('signinerror', ({ detail }) => { window.told = detail.code })")
    first = open_popup()
    page.evaluate("import('/auth/client.js').then(({ signOut }) => signOut())")  # it ends what began before
    wait_until_closed(first)
    second = open_popup()
    assert page.evaluate("window.told ?? null") is None
    held.pop().continue_()
    page.wait_for_function("window.told === 'cancelled'")
    expect(page.get_by_role("status")).to_have_text("Continue in the new window.")
    approve(second)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    assert len(provider.exchanges) == 1


def test_it_is_large_enough_still_and_visible_in_forced_colours(page: Page) -> None:
    button = page.get_by_role("button", name="Sign in with X", exact=True)
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    page.emulate_media(forced_colors="active")
    assert button.evaluate("(one) => getComputedStyle(one).borderTopColor") not in ("rgba(0, 0, 0, 0)", "transparent")
    # Nothing moves for those who want no motion: what is under way is said in words, too.
    page.emulate_media(reduced_motion="reduce")
    button.evaluate("(one) => one.setAttribute('aria-busy', 'true')")
    assert page.evaluate("document.getAnimations().length") == 0
    assert button.evaluate("(one) => one.getRootNode().getAnimations().length") == 0


@pytest.mark.parametrize(("page_scheme", "dark"), [("light", False), ("light dark", True)])
def test_dark_where_the_page_is(profile: BrowserContext, app: App, page_scheme: str, dark: bool) -> None:
    """By the page's own colour scheme: a page that is light only has no white button on white."""
    page = profile.new_page()
    page.emulate_media(color_scheme="dark")
    page.goto(app.base)
    page.evaluate("(scheme) => { document.documentElement.style.colorScheme = scheme }", page_scheme)
    button = page.get_by_role("button", name="Sign in with X", exact=True)
    colour = button.evaluate("(one) => getComputedStyle(one).backgroundColor")
    assert colour == ("rgb(255, 255, 255)" if dark else "rgb(15, 20, 25)")
