"""A page that speaks OAuth 2.0 itself, as satellizer's does, as far as HTTP goes: an app that lists it, and P.

P is lenient, so that only our own checks hold an attack back."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urldefrag, urlencode, urlsplit

import pytest

from .browser import HTML, Answer
from .hostile import Hostile
from .in_process import BASE, InProcess, Visitor
from .with_p import NewApp, a_person, variables

# As satellizer names it: the origin alone.
PAGE, OTHER_PAGE = BASE, f"{BASE}/other"
NAMES = ("acme", "github")


def listing(p: Hostile, *pages: str) -> dict[str, str]:
    """The variables of an app with ``acme`` and ``github``, both of them P, and these pages at each."""
    return {
        "VALETKEY_PROVIDERS": ",".join(NAMES),
        "VALETKEY_GITHUB_BASE": f"{p.origin}/github",
        "GITHUB_CLIENT_ID": p.client_id,
        "GITHUB_CLIENT_SECRET": p.client_secret,
        **variables(p),
        **{f"{name.upper()}_CALLBACK_URL": ",".join((f"{BASE}/auth/{name}", *pages)) for name in NAMES if pages},
    }


@pytest.fixture
def app(new_app: NewApp, p: Hostile) -> InProcess:
    """In token delivery."""
    return new_app(VALETKEY_DELIVERY="token", **listing(p, PAGE, OTHER_PAGE))


def starts(profile: Visitor, name: str = "acme", page: str | None = PAGE, raw: str = "", **fields: str) -> Answer:
    """The page sends a window to us, by script.

    Args:
        raw: what is added to the query, as it stands in the address.
        fields: further parameters. ``state`` is one.
    """
    sent = {
        "response_type": "code",
        "client_id": "the page's own",
        **({} if page is None else {"redirect_uri": page}),
        "scope": "openid profile email",
        "display": "popup",
        **fields,
    }
    return leads(profile, f"/auth/{name}/authorize?{urlencode(sent, quote_via=quote)}{raw}")


def leads(profile: Visitor, path: str, **headers: str) -> Answer:
    """A page of the app sends a window somewhere."""
    sent = {
        "Accept": HTML,
        "Sec-Fetch-Site": "same-origin",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
        "Referer": f"{BASE}/",
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    return profile.request("GET", path, headers={name: text for name, text in sent.items() if text})


@dataclass
class Landed:
    """Where the window is at the end.

    Args:
        address: without the query.
        query: what stands in it.
        answer: of the callback.
    """

    address: str
    query: dict[str, str]
    answer: Answer

    @property
    def code(self) -> str:
        return self.query["code"]


def landed(answer: Answer) -> Landed:
    """What an answer of the callback sends the window to. A fragment is never in it, and always empty."""
    assert answer.status == 303, (answer.status, answer.code, answer.text)
    location, fragment = urldefrag(answer.header("location") or "")
    assert (answer.header("location") or "").endswith("#")
    assert fragment == ""
    parts = urlsplit(location)
    return Landed(location.partition("?")[0], dict(parse_qsl(parts.query, strict_parsing=True)), answer)


def comes_back(
    profile: Visitor, p: Hostile, name: str = "acme", page: str = PAGE, **fields: str
) -> tuple[Landed, dict[str, object]]:
    """A window from the page's start to the page, and who has approved."""
    started, who = starts(profile, name, page, **fields), a_person()
    assert started.status == 303, (started.status, started.code, started.text)
    return landed(profile.come_back(p.approve(started.header("location") or "", who))), who


def redeems(profile: Visitor, code: str, name: str = "acme", page: str | None = PAGE, **more: object) -> Answer:
    """The page's own request, with what satellizer sends."""
    named = {} if page is None else {"redirectUri": page}
    return profile.fetch("POST", f"/auth/{name}", {"code": code, "clientId": "the page's own", **named, **more})


def subject(profile: Visitor, answer: Answer) -> str:
    """Who is signed in by an answer, in token delivery."""
    assert answer.status == 200, (answer.status, answer.code, answer.text)
    assert set(answer.json()) == {"token"}
    asked = profile.request("GET", "/auth/session", headers={"Authorization": f"Bearer {answer.json()['token']}"})
    return str(asked.json()["account"]["identities"][0]["subject"])


def signs_in(app: InProcess, p: Hostile, name: str = "acme", **fields: str) -> Visitor:
    """The control: an honest login of a page, in a new profile. It lands as the person who approved."""
    profile = app.browser()
    window, who = comes_back(profile, p, name, **fields)
    assert window.address == PAGE
    assert window.query.get("state") == fields.get("state")
    assert subject(profile, redeems(profile, window.code, name)) == who["sub"]
    assert profile.login_cookies == {}
    return profile
