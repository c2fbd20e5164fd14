"""What only some of the servers have: ``iss``, form_post, keys that rotate."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx
import pytest
from support.in_process import BASE, in_process

from valetkey import Secret
from valetkey.protocols.oauth2 import ClientCredentials
from valetkey.protocols.openid import OpenIDConnect
from valetkey.providers.record.claims import read_claims
from valetkey.providers.record.provider import Provider

from .conftest import played_by
from .partners import ADA, NANOIDP, OIDC_PROVIDER, PARTNERS, Client
from .robot import Return, Robot
from .sites import Site
from .starting import running


def changed(url: str, **parameters: str | None) -> str:
    """With other values in its query; None takes a parameter out."""
    parts = urlsplit(url)
    query = {**dict(parse_qsl(parts.query)), **parameters}
    return urlunsplit(parts._replace(query=urlencode({name: one for name, one in query.items() if one is not None})))


@played_by(*(one for one in PARTNERS if one.sends_iss))
@pytest.mark.parametrize("wrong", [None, "https://other.example", "slash"])
def test_a_redirect_of_another_issuer_is_refused(site: Site, wrong: str | None) -> None:
    with site.app() as app:
        browser, before = app.browser(), site.server.exchanges
        back = site.robot().sign_in(browser.begin().send_to)
        assert back.query["iss"] == site.server.issuer
        iss = site.server.issuer + "/" if wrong == "slash" else wrong
        answer = browser.returns(Return(url=changed(back.url, iss=iss)))
        assert answer.code == "bad_request"
        assert browser.session_cookie is None
        assert app.rows("sessions") == 0
        assert site.server.exchanges == before
        site.forget_codes()
        app.signs_in()


@played_by(NANOIDP)
def test_keys_rotate_between_two_logins_and_inside_one(site: Site) -> None:
    def rotate() -> None:
        httpx.post(f"http://127.0.0.1:{site.server.gate.target}/api/keys/rotate", trust_env=False).raise_for_status()

    def key_requests() -> int:
        return sum("jwks" in one.path for one in site.server.gate.journal)

    with site.app() as app:
        before = key_requests()
        app.signs_in()
        assert key_requests() == before + 1
        app.signs_in()
        assert key_requests() == before + 1
        browser = app.browser()
        begun = browser.begin()
        rotate()  # after the app has read the keys, and before the server signs
        answer = browser.returns(site.robot().sign_in(begun.send_to))
        assert answer.status == 303
        assert browser.session_cookie
        assert key_requests() == before + 2
        app.signs_in()
        assert key_requests() == before + 2
        assert app.rows("accounts") == 1


def test_oidc_provider_answers_by_form_post(tmp_path: Path) -> None:
    """A record that asks for it, as an app makes it in Python."""
    client = Client(id="web", callbacks=(f"{BASE}/auth/acme/return",))
    with running(OIDC_PROVIDER, client) as server:
        record = Provider(
            name="acme",
            title="Acme",
            protocol=OpenIDConnect(
                credentials=ClientCredentials(identifier=client.id, secret=Secret(client.secret)),
                issuer=server.issuer,
                response_mode="form_post",
            ),
            identify=read_claims,
        )
        with in_process(tmp_path / "app.db", providers=(record,)) as app:
            browser = app.browser()
            back = Robot(BASE, ADA).sign_in(browser.begin_at("acme").send_to)
            assert back.url == client.callbacks[0]
            assert {*back.fields} == {"code", "state", "iss"}
            headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "cross-site"}
            hop = browser.request(
                "POST", "/auth/acme/return", body=urlencode(back.fields), headers=headers, cookies=False
            )
            assert hop.status == 303
            assert app.all_rows()["sessions"] == 0
            answer = browser.come_back(hop.header("location") or "")
            assert answer.status == 303, answer.text
            assert browser.account()["identities"][0]["handle"] == ADA.handle
            assert server.exchanges == 1
