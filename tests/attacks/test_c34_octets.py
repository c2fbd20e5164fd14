"""C34: a cookie that somebody else planted, with any octet beside its name or its value, is never the session or the
login. Over a socket, for clients refuse to send such octets; browsers do send them."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from support.browser import Answer, Browser
from support.octets import ENDS_A_LINE, every_cell, expected, header
from support.servers import App, Provider
from support.wire import exchange, whose


def test_the_session(
    app: App, browser: Callable[[], Browser], person: dict[str, str], sign_in: Callable[..., Answer]
) -> None:
    """The victim is the victim, or signed out; a server may refuse the octet. Nobody becomes the attacker."""
    victim, attacker = browser(), browser()
    sign_in(victim, **person)
    sign_in(attacker, user_id=person["user_id"] + "9", screen_name="planter")
    mine, theirs = victim.session_cookie or "", attacker.session_cookie or ""
    assert whose(app, f"valetkey-session={theirs}".encode()) == "planter"  # the control
    names = {"mine": person["screen_name"], "theirs": "planter", None: None}
    wrong = []
    for place, octet in every_cell(app.octets):
        found = whose(app, header(place, octet, name="valetkey-session", mine=mine, theirs=theirs))
        may = {"refused", names[expected(place, octet, app.edges)]}
        if octet in ENDS_A_LINE:
            # A line end behind the whole header only ends it, and leaves the attacker what is the attacker's.
            may = {"refused", person["screen_name"], None} | (
                {"planter"} if place == "after the value, alone" else set()
            )
        if found not in may:
            wrong.append((place, hex(octet), found))
    assert wrong == []


def test_a_login(app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]) -> None:
    """The attacker's login cookie in the victim's browser, and the attacker's callback: no exchange and no session."""
    attacker = browser()
    begun = attacker.begin()
    callback = urlsplit(provider.approve(begun.token, **person))
    ((name, sealed),) = attacker.login_cookies.items()
    rows = app.all_rows()
    for octet in app.octets:
        if octet == ord(";"):  # an empty pair, and then the attacker's very cookie
            continue
        first = [] if octet in app.edges else [b"%b%b=%b"]
        for planted in (*first, b"x=1; %b%b=%b", b"x=1,%b%b=%b"):
            cookie = planted % (bytes([octet]), name.encode(), sealed.encode())
            answer = exchange(app, f"{callback.path}?{callback.query}", cookie)
            assert b"valetkey-session=" not in answer, (hex(octet), planted)
    assert provider.exchanges == []
    assert app.all_rows() == rows
    answer = exchange(app, f"{callback.path}?{callback.query}", f"x=1; {name}={sealed}".encode())
    assert b"valetkey-session=" in answer  # the control
    assert len(provider.exchanges) == 1


def test_octets_in_an_authorization(
    app: App, browser: Callable[[], Browser], person: dict[str, str], sign_in: Callable[..., Answer]
) -> None:
    """A bearer with any octet beside it is another bearer, or none; the cookie beside it does not count then."""
    profile = browser()
    sign_in(profile, **person)
    token = (profile.session_cookie or "").encode()
    assert whose(app, authorization=b"Bearer " + token) == person["screen_name"]  # the control
    for octet in app.octets:
        byte = bytes([octet])
        for sent, may_be_ours in (
            (b"Bearer" + byte + token, byte == b" "),
            (b"Bearer " + byte + token, byte == b" "),
            (b"Bearer " + token + byte, octet in app.edges + b"\r\n"),
        ):
            found = whose(app, authorization=sent)
            assert found in ("refused", None) or (may_be_ours and found == person["screen_name"]), hex(octet)
