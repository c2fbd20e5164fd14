"""O17: an e-mail address that somebody else claims, verified or not, opens nobody's account (nOAuth)."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from support.hostile import Hostile
from support.in_process import InProcess
from support.tenants import CONSUMERS, CONTOSO, FABRIKAM, microsoft_variables, of_tenant
from support.with_p import NewApp, a_person, signs_in, variables

EVERY_FLAG: dict[str, object] = {
    "email_verified": True,
    "xms_edov": True,
    "verified_primary_email": ["victim@contoso.example"],
    "verified_secondary_email": ["victim@contoso.example"],
}
VICTIM: dict[str, Any] = {
    "email": "victim@contoso.example",
    "upn": "victim@contoso.example",
    "name": "Victor Victim",
}


@pytest.fixture
def app(new_app: NewApp, p: Hostile) -> InProcess:
    return new_app(VALETKEY_PROVIDERS="microsoft", **microsoft_variables(p))


@pytest.mark.parametrize("flags", [{}, EVERY_FLAG], ids=["without flags", "every flag"])
@pytest.mark.parametrize("tenant", [FABRIKAM, CONSUMERS], ids=["another organization", "a personal account"])
def test_a_hostile_tenant(app: InProcess, p: Hostile, tenant: str, flags: dict[str, object]) -> None:
    """Its administrator writes any address into a user's entry, and any name. An account of its own, every time."""
    p.claims = of_tenant(p, CONTOSO)
    victim = signs_in(app, p, "microsoft", **VICTIM, **flags)
    for _ in range(2):
        p.claims = of_tenant(p, tenant)
        attacker = signs_in(app, p, "microsoft", **VICTIM, **flags)
        assert attacker.account()["id"] != victim.account()["id"]
    assert len(set(app.identities().values())) == len(app.identities()) == 3
    assert len(victim.account()["identities"]) == 1


def test_the_same_ids_in_two_tenants(app: InProcess, p: Hostile) -> None:
    """``oid`` and ``sub`` are a tenant's own, so a hostile one gives its user the victim's. The tenant is part of the
    subject."""
    of_contoso = of_tenant(p, CONTOSO)
    p.claims = of_contoso
    victim = signs_in(app, p, "microsoft", sub="same", **VICTIM)
    p.claims = of_tenant(p, FABRIKAM, oid=of_contoso["oid"])
    attacker = signs_in(app, p, "microsoft", sub="same", **VICTIM)
    assert attacker.account()["id"] != victim.account()["id"]
    assert {subject for _, subject in app.identities()} == {
        f"{tenant}.{of_contoso['oid']}" for tenant in (CONTOSO, FABRIKAM)
    }


def test_the_same_person_stays_the_same(app: InProcess, p: Hostile) -> None:
    """The control: with another address, name and handle, and in another case of the tenant's id."""
    p.claims = of_tenant(p, CONTOSO)
    account = signs_in(app, p, "microsoft", **VICTIM).account()["id"]
    p.claims = {**p.claims, "tid": CONTOSO.upper(), "oid": str(p.claims["oid"]).upper()}
    again = signs_in(app, p, "microsoft", email="new@contoso.example", name="Victoria")
    assert again.account()["id"] == account
    assert len(app.identities()) == 1


def test_the_address_of_a_tenant_is_not_verified(app: InProcess, p: Hostile) -> None:
    """``email_verified`` is none of Microsoft's claims, so a token that has it says nothing by it."""
    p.claims = of_tenant(p, FABRIKAM)
    (identity,) = signs_in(app, p, "microsoft", **{**VICTIM, "email_verified": True}).account()["identities"]
    assert (identity["email"], identity["email_verified"]) == (VICTIM["email"], False)


@pytest.mark.parametrize(("first", "second"), list(product(("acme", "evil", "github"), repeat=2)))
def test_one_address_at_two_providers(new_app: NewApp, p: Hostile, other_p: Hostile, first: str, second: str) -> None:
    """Verified at both, by JSON's true: two people, and at one provider, too."""
    at = {"acme": p, "evil": other_p, "github": p}
    app = new_app(
        VALETKEY_PROVIDERS="acme,evil,github",
        VALETKEY_GITHUB_BASE=f"{p.origin}/github",
        GITHUB_CLIENT_ID=p.client_id,
        GITHUB_CLIENT_SECRET=p.client_secret,
        **variables(p),
        **variables(other_p, "evil"),
    )
    victim = signs_in(app, at[first], first, email="same@example.com")
    attacker = signs_in(app, at[second], second, email="same@example.com")
    assert victim.account()["identities"][0]["email_verified"] is True
    assert attacker.account()["identities"][0]["email_verified"] is True
    assert victim.account()["id"] != attacker.account()["id"]
    assert len(victim.account()["identities"]) == len(attacker.account()["identities"]) == 1


def test_an_address_that_was_given_up(app_with_p: InProcess, p: Hostile) -> None:
    """A company's domain is sold, and its new owner makes the old addresses anew: other subjects, other people."""
    old = a_person(email="ceo@company.example")
    former = signs_in(app_with_p, p, **old).account()["id"]
    assert signs_in(app_with_p, p, email="ceo@company.example").account()["id"] != former
    assert signs_in(app_with_p, p, **{**old, "email": "me@elsewhere.example"}).account()["id"] == former
