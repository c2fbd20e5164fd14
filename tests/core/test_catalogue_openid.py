"""What single providers over OpenID Connect have of their own, and which issuers the servers take that an app names."""

from __future__ import annotations

from typing import Any

import pytest

from core.catalogue import ROWS, openid
from core.catalogue.row import ISSUERS, NO_ID, changed, made, read, reader_of
from valetkey import Settings, SettingsError
from valetkey.errors import ProviderReplyInvalid
from valetkey.protocols.openid import OpenIDConnect
from valetkey.providers.record.built_in import RECIPES
from valetkey.providers.record.by_issuer import recipe_of

SALESFORCE = ROWS["salesforce"].reply["sub"]


def test_a_user_of_slack_is_a_workspace_and_a_user() -> None:
    reply = ROWS["slack"].reply
    team, user = "https://slack.com/team_id", "https://slack.com/user_id"
    assert read("slack", {**reply, team: "T1", user: "U1"}).subject == "T1/U1"
    assert read("slack", {**reply, team: "T2", user: "U1"}).subject == "T2/U1"
    for value in (..., "T1/U1", "t1", "T 1", "T1\n", "T" * 41, *NO_ID):
        for name in (team, user):
            with pytest.raises(ProviderReplyInvalid):
                read("slack", changed(reply, (name,), value))


def test_a_user_of_telegram_is_the_one_that_bots_know() -> None:
    assert {read("telegram", {"sub": "1", "id": one}).subject for one in (987654321, "987654321")} == {"987654321"}
    for other in ("0987654321", "+987654321", "987654321.0", 987654321.0):
        with pytest.raises(ProviderReplyInvalid):
            read("telegram", {"sub": "1", "id": other})


def test_an_organization_of_salesforce_is_a_part_of_the_subject() -> None:
    """An id of 15 characters is the same as with the three that check it. Two organizations are never one."""

    def subject(sub: object) -> str:
        return read("salesforce", {"sub": sub}).subject

    site = "https://login.salesforce.com/id"
    assert subject(f"{site}/00Dxx0000001gPL/005xx000001SwiU") == subject(SALESFORCE)
    assert subject(SALESFORCE.replace("login", "test")) == subject(SALESFORCE)
    others = (f"{site}/00Dxx0000001gPM/005xx000001SwiU", f"{site}/00Dxx0000001gPL/005xx000001Swiu")
    assert len({subject(SALESFORCE), *map(subject, others)}) == 3
    for sub in (
        "005xx000001SwiUAAS",
        f"{site}/005xx000001SwiUAAS/00Dxx0000001gPLEAY",
        f"{site}/00Dxx0000001gPLEAY",
        f"{site}/00Dxx0000001gPLEAY/",
        f"{site}//005xx000001SwiUAAS",
        f"{site}/00Dxx0000001gPLEAYX/005xx000001SwiUAAS",
        f"{site}/00Dxx0000001gPLEA/005xx000001SwiUAAS",
        f"{SALESFORCE}/",
        f"{SALESFORCE}\n",
        f" {SALESFORCE}",
        SALESFORCE.replace("00D", "00d"),
    ):
        with pytest.raises(ProviderReplyInvalid):
            subject(sub)


def test_userinfo_of_salesforce_names_the_same_user() -> None:
    """The core compares the subjects, so one made of UserInfo must be made alike."""
    provider = made("salesforce")
    assert provider.identify is not None
    assert provider.describe is not None
    assert provider.describe({"sub": SALESFORCE}).subject == provider.identify({"sub": SALESFORCE}).subject


def test_an_access_token_of_cognito_is_no_id_token() -> None:
    """Both are signed with the same keys."""
    for value in (..., "access", "ID", None, True, ["id"]):
        with pytest.raises(ProviderReplyInvalid, match="token_use must be id"):
            read("cognito", changed(ROWS["cognito"].reply, ("token_use",), value))


def test_userinfo_of_cognito_writes_the_flag_as_text() -> None:
    describe = made("cognito").describe
    assert describe is not None
    userinfo = {"sub": "aaaaaaaa", "email": "ada@example.com"}
    for flag, verified in (("true", True), (True, True), ("false", False), ("True", False), (1, False), (None, False)):
        assert describe({**userinfo, "email_verified": flag}).email_verified is verified
    assert describe({"email": "ada@example.com"}).subject == ""


def test_an_id_token_of_roblox_has_one_algorithm() -> None:
    protocol = made("roblox").protocol
    assert isinstance(protocol, OpenIDConnect)
    assert (protocol.algorithms, protocol.scopes) == (("ES256",), ("openid", "profile"))


@pytest.mark.parametrize(("said", "expected"), [("", ()), ("1", ("1",)), (" 1 , 2,,", ("1", "2"))])
def test_the_audiences_of_zitadel_are_the_apps_own_setting(said: str, expected: tuple[str, ...]) -> None:
    protocol = made("zitadel", audiences=said).protocol
    assert isinstance(protocol, OpenIDConnect)
    assert protocol.other_audiences == expected


def test_the_audiences_of_zitadel_come_from_the_environment() -> None:
    (provider,) = settings("zitadel", ISSUERS["zitadel"], ZITADEL_AUDIENCES="163840776835431000").providers
    assert isinstance(provider.protocol, OpenIDConnect)
    assert provider.protocol.other_audiences == ("163840776835431000",)


def test_what_the_records_say_of_the_protocol() -> None:
    """Scopes, and what differs from the standard, by the providers' own pages."""
    protocols: dict[str, Any] = {name: made(name).protocol for name in openid.ROWS if name not in ISSUERS}
    assert {name for name, one in protocols.items() if not one.pkce} == {"linkedin", "slack", "yahoo"}
    # So at every other one without PKCE, the nonce binds the code to the login.
    assert {name for name, one in protocols.items() if not one.returns_nonce} == {"linkedin"}
    assert {name for name, one in protocols.items() if one.client_authentication == "basic"} == {
        *("yahoo", "telegram", "huggingface"),
    }
    assert protocols["line"].id_token_key == "client_secret"
    assert protocols["yahoo"].algorithms == ("ES256", "RS256")
    assert {name: one.scopes for name, one in protocols.items()} == {
        **dict.fromkeys(
            ("linkedin", "slack", "yahoo", "line", "salesforce", "huggingface"),
            ("openid", "profile", "email"),
        ),
        **dict.fromkeys(("telegram", "roblox"), ("openid", "profile")),
        "twitch": ("openid", "user:read:email"),
    }


# Issuers


def settings(name: str, issuer: str, **more: str) -> Settings:
    prefix = name.upper()
    return Settings.from_environment(
        {
            "VALETKEY_URL": "https://app.example.com",
            "VALETKEY_SECRET": "vQsbrxUTXo4kPUMO2YdHGPVXbJlI54NEf4wGasHzVncnhpCU",
            "VALETKEY_PROVIDERS": name,
            f"{prefix}_ISSUER": issuer,
            f"{prefix}_CLIENT_ID": "id",
            **more,
        }
    )


@pytest.mark.parametrize("name", ISSUERS)
def test_an_app_that_described_the_server_by_its_issuer_keeps_its_accounts(name: str) -> None:
    """The variables are those of a server that variables alone describe, and so are its subjects."""
    described = recipe_of(name)
    known = {(one.name, one.argument, one.kind, one.required) for one in RECIPES[name].variables}
    assert {(one.name, one.argument, one.kind, one.required) for one in described.variables} <= known
    reply = ROWS[name].reply
    before = described.make(client_id="id", issuer=ISSUERS[name])
    for now in (made(name), made(name, client_secret=None)):
        assert reader_of(now)(reply).subject == reader_of(before)(reply).subject
        assert isinstance(now.protocol, OpenIDConnect)
        assert isinstance(before.protocol, OpenIDConnect)
        for kept in ("issuer", "metadata", "scopes", "algorithms", "reads_userinfo", "returns_nonce"):
            assert getattr(now.protocol, kept) == getattr(before.protocol, kept)
    assert made(name, title="Ours").title == "Ours"


@pytest.mark.parametrize("name", ISSUERS)
def test_an_app_starts_with_the_issuer_and_an_id(name: str) -> None:
    """It is a public client then."""
    (provider,) = settings(name, ISSUERS[name]).providers
    assert isinstance(provider.protocol, OpenIDConnect)
    assert (provider.name, provider.protocol.issuer) == (name, ISSUERS[name])
    assert provider.protocol.credentials.secret is None


MISTAKES = {
    "okta": ["https://example.okta.com/", "https://example-admin.okta.com", "https://example.okta.com/oauth2/default/"],
    "auth0": ["https://tenant.eu.auth0.com", "https://login.example.com"],
    "keycloak": ["https://keycloak.example.com/realms/example/"],
    "authentik": ["https://authentik.example.com/application/o/example", "https://authentik.example.com"],
    "zitadel": ["https://example.zitadel.cloud/"],
    "cognito": ["https://acme.auth.eu-west-1.amazoncognito.com", f"{ISSUERS['cognito']}/"],
    "workos": ["https://api.workos.com/user_management/client_1", "https://api.workos.com", f"{ISSUERS['workos']}/"],
}


@pytest.mark.parametrize(("name", "wrong"), [(name, wrong) for name, wrongs in MISTAKES.items() for wrong in wrongs])
def test_what_is_taken_for_the_issuer_by_mistake(name: str, wrong: str) -> None:
    """The app does not start, and the sentence has an example and no value."""
    with pytest.raises(SettingsError) as stopped:
        settings(name, wrong)
    assert (
        f"{name.upper()}_ISSUER: this is no issuer of {made(name).title}. Compare its host and its end with "
        in stopped.value.hint
    )
    assert wrong not in stopped.value.hint.split()


GOOD = {
    "okta": ["https://example.okta.com", "https://login.example.com/oauth2/aus1"],
    "auth0": ["https://login.example.com/"],
    "keycloak": ["https://keycloak.example.com/auth/realms/example", "https://sso.example.com/r"],
    "cognito": ["https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_AbCdEf123"],
    "workos": ["https://auth.example.com"],
}


@pytest.mark.parametrize(("name", "issuer"), [(name, issuer) for name, issuers in GOOD.items() for issuer in issuers])
def test_servers_have_domains_of_their_own(name: str, issuer: str) -> None:
    assert settings(name, issuer).providers[0].protocol.authorize_url == issuer
