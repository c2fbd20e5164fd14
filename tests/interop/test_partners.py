"""What is known of each server is so: found out by a client that is not ours, so that no test of the app passes only
because the server checks nothing."""

from __future__ import annotations

import json
import subprocess

import pytest

from .bare import decoded, refused
from .partners import ADA, FRESH, HERE, PARTNERS, PYTHON, Partner
from .robot import NoWayOut, Stuck
from .sites import Site

_VERSION = "import sys, importlib.metadata as known; print(known.version(sys.argv[1]))"


@pytest.mark.parametrize("partner", PARTNERS, ids=lambda one: one.name)
def test_the_version_that_is_pinned_is_the_one_that_runs(partner: Partner) -> None:
    if partner.command[0] == "node":
        manifest = json.loads((HERE / "node" / "node_modules" / partner.package / "package.json").read_text())
        assert manifest["version"] == partner.version
    else:
        command = [PYTHON, "-c", _VERSION, partner.package]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() == [partner.version]


def test_it_signs_a_user_in(site: Site) -> None:
    client = site.bare()
    attempt = client.begin()
    back = site.robot().sign_in(attempt.url)
    assert back.query["state"] == attempt.state
    assert ("iss" in back.query) == site.partner.sends_iss
    if site.partner.sends_iss:
        assert back.query["iss"] == site.server.issuer
    reply = client.exchange(attempt, back.query["code"])
    assert reply.status_code == 200
    if site.partner.algorithm is None:
        assert client.userinfo(reply.json()["access_token"]).json()["login"] == ADA.handle
    else:
        header, claims = decoded(reply.json()["id_token"])
        assert header["alg"] == site.partner.algorithm
        assert claims["nonce"] == attempt.nonce


def test_it_is_strict_about_the_secret_or_is_known_not_to_be(site: Site) -> None:
    client = site.bare(secret="not the secret of anybody")
    attempt = client.begin()
    reply = client.exchange(attempt, site.robot().sign_in(attempt.url).query["code"])
    assert refused(reply) == site.partner.checks_secret
    if refused(reply):
        site.forget_codes()
        attempt = client.begin()
        assert not refused(site.bare().exchange(attempt, site.robot().sign_in(attempt.url).query["code"]))


def test_it_is_strict_about_the_verifier_or_is_known_not_to_be(site: Site) -> None:
    client = site.bare()
    attempt = client.begin()
    code = site.robot().sign_in(attempt.url).query["code"]
    reply = client.exchange(attempt, code, code_verifier="x" * 43)
    assert refused(reply) == site.partner.checks_pkce


def test_it_demands_a_challenge_or_is_known_not_to(site: Site) -> None:
    client = site.bare()
    attempt = client.begin(pkce=False)
    try:
        back = site.robot().sign_in(attempt.url).query
    except Stuck:
        back = {"error": "the server's own page"}
    assert ("error" in back) == site.partner.needs_pkce
    if "code" in back:
        assert not refused(client.exchange(attempt, back["code"]))


def test_it_redirects_nowhere_else(site: Site) -> None:
    with pytest.raises(Stuck):
        site.robot().sign_in(site.bare(site.elsewhere).begin(redirect_uri=site.web.callbacks[0]).url)


def test_it_has_a_button_that_refuses_or_is_known_to_have_none(site: Site) -> None:
    attempt = site.bare(site.second).begin()
    if site.partner.can_cancel:
        back = site.robot(FRESH).cancel(attempt.url)
        assert back.query["error"] == "access_denied"
        assert back.query["state"] == attempt.state
    else:
        with pytest.raises(NoWayOut):
            site.robot(FRESH).cancel(attempt.url)


def test_a_code_is_good_once_and_a_second_use_may_revoke(site: Site) -> None:
    client = site.bare()
    attempt = client.begin()
    code = site.robot().sign_in(attempt.url).query["code"]
    reply = client.exchange(attempt, code)
    assert not refused(reply)
    assert refused(client.exchange(attempt, code))
    if "userinfo_endpoint" in client.metadata:
        status = client.userinfo(reply.json()["access_token"]).status_code
        assert (status == 401) == site.partner.revokes
        assert status in (200, 401)


def test_it_answers_by_form_post_or_is_known_not_to(site: Site) -> None:
    client = site.bare()
    attempt = client.begin(response_mode="form_post")
    try:
        back = site.robot().sign_in(attempt.url)
    except Stuck:
        assert not site.partner.form_post
        return
    assert bool(back.fields) == site.partner.form_post
    if "code" in back.query:
        assert not refused(client.exchange(attempt, back.query["code"]))
