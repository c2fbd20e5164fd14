"""O18: a server with an issuer for each tenant. A token's ``iss`` is that of its own ``tid``, and the tenant is one of
those that the app's settings allow."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest
from support.hostile import ABSENT, Hostile
from support.tenants import CONSUMERS, CONTOSO, FABRIKAM, base, microsoft_variables, of_tenant
from support.with_p import NewApp, refuses, signs_in

ALLOWED = {
    None: {CONTOSO, FABRIKAM, CONSUMERS},  # common, the default
    "organizations": {CONTOSO, FABRIKAM},
    "consumers": {CONSUMERS},
    CONTOSO: {CONTOSO},
}


@pytest.mark.parametrize("setting", list(ALLOWED), ids=["common", "organizations", "consumers", "one tenant"])
def test_whose_users_may_sign_in(new_app: NewApp, p: Hostile, setting: str | None) -> None:
    """A personal account where only organizations may; another organization's where one may."""
    env = microsoft_variables(p, setting)
    if setting in ("consumers", CONTOSO):  # their metadata name the one tenant that they have
        p.metadata = {"issuer": f"{base(p)}/{CONSUMERS if setting == 'consumers' else CONTOSO}/v2.0"}
    app = new_app(VALETKEY_PROVIDERS="microsoft", **env)
    for tenant in (CONTOSO, FABRIKAM, CONSUMERS):
        p.claims = of_tenant(p, tenant)
        if tenant in ALLOWED[setting]:
            signs_in(app, p, "microsoft")
        else:
            refuses(app, p, "microsoft")
    assert {subject.partition(".")[0] for _, subject in app.identities()} == ALLOWED[setting]


Change: TypeAlias = Callable[[Hostile], dict[str, object]]


def tid(value: object) -> Change:
    """A token whose ``iss`` is what this ``tid`` would make of it, if it were one."""
    return lambda p: {"tid": value, "iss": f"{base(p)}/{value}/v2.0"}


def iss(write: Callable[[Hostile], object]) -> Change:
    return lambda p: {"tid": CONTOSO, "iss": write(p)}


WRONG: dict[str, Change] = {
    "tid absent": lambda p: {"tid": ABSENT},
    "tid absent, of the template": lambda p: {"tid": ABSENT, "iss": f"{base(p)}/{{tenantid}}/v2.0"},
    "tid null": lambda p: {"tid": None},
    "tid a list": lambda p: {"tid": [CONTOSO]},
    "tid empty": tid(""),
    "tid a word": tid("common"),
    "tid the template": tid("{tenantid}"),
    "tid a domain": tid("contoso.example"),
    "tid in braces": tid(f"{{{CONTOSO}}}"),
    "tid without hyphens": tid(CONTOSO.replace("-", "")),
    "tid cut": tid(CONTOSO[:-1]),
    "tid longer": tid(CONTOSO + "0"),
    "tid with a line end": tid(CONTOSO + "\n"),
    "tid with a space": tid(" " + CONTOSO),
    "tid with a path": tid(f"{CONTOSO}/../{FABRIKAM}"),
    "tid of zeros": tid("00000000-0000-0000-0000-000000000000"),
    "tid of other digits": tid(CONTOSO.replace("0", "０")),
    "iss of another tenant": iss(lambda p: f"{base(p)}/{FABRIKAM}/v2.0"),
    "iss of the personal accounts": iss(lambda p: f"{base(p)}/{CONSUMERS}/v2.0"),
    "iss of the template": iss(lambda p: f"{base(p)}/{{tenantid}}/v2.0"),
    "iss of the word": iss(lambda p: f"{base(p)}/common/v2.0"),
    "iss without a version": iss(lambda p: f"{base(p)}/{CONTOSO}"),
    "iss of another version": iss(lambda p: f"{base(p)}/{CONTOSO}/v1.0"),
    "iss with a slash": iss(lambda p: f"{base(p)}/{CONTOSO}/v2.0/"),
    "iss in upper case": iss(lambda p: f"{base(p)}/{CONTOSO}/v2.0".upper()),
    "iss at another host": iss(lambda p: f"https://login.microsoftonline.com/{CONTOSO}/v2.0"),
    "iss absent": iss(lambda p: ABSENT),
    "iss a list": iss(lambda p: [f"{base(p)}/{CONTOSO}/v2.0"]),
}


def test_a_tenant_that_is_none(new_app: NewApp, p: Hostile) -> None:
    app = new_app(VALETKEY_PROVIDERS="microsoft", **microsoft_variables(p))
    for what, change in WRONG.items():
        p.claims = {**of_tenant(p, CONTOSO), **change(p)}
        refuses(app, p, "microsoft", what=what)
    assert app.identities() == {}
    p.claims = of_tenant(p, CONTOSO)
    signs_in(app, p, "microsoft")


@pytest.mark.parametrize("setting", [None, "organizations"])
def test_metadata_of_one_tenant_in_the_place_of_all(new_app: NewApp, p: Hostile, setting: str | None) -> None:
    """The document of the word names the template, and nothing else: a tenant's own would be a tenant's choice."""
    env = microsoft_variables(p, setting)
    app = new_app(VALETKEY_PROVIDERS="microsoft", **env)
    for issuer in (f"{base(p)}/{FABRIKAM}/v2.0", f"{base(p)}/{{tenant}}/v2.0", "https://evil.test/{tenantid}/v2.0"):
        p.metadata = {"issuer": issuer}
        assert app.browser().begin_at("microsoft").send_to == ""
    microsoft_variables(p, setting)
    p.claims = of_tenant(p, CONTOSO)
    signs_in(app, p, "microsoft")


def test_two_tenants_with_the_same_person(new_app: NewApp, p: Hostile) -> None:
    """The control of the subject: one object in two tenants is two people here, each of them always the same."""
    app = new_app(VALETKEY_PROVIDERS="microsoft", **microsoft_variables(p))
    accounts: dict[str, str] = {}
    first = of_tenant(p, CONTOSO)
    for tenant in (CONTOSO, FABRIKAM, CONTOSO, FABRIKAM):
        p.claims = of_tenant(p, tenant, oid=first["oid"])
        account = signs_in(app, p, "microsoft").account()["id"]
        assert accounts.setdefault(tenant, account) == account
    assert len(set(accounts.values())) == 2
