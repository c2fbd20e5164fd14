"""O25: an id is read exactly as it was written, and belongs to its tenant. Nobody shares an account by a likeness."""

from __future__ import annotations

import pytest
from support.hostile import Hostile
from support.in_process import InProcess
from support.tenants import CONTOSO, FABRIKAM, microsoft_variables, of_tenant
from support.with_p import NewApp, a_person, refuses, signs_in, variables

OID = "11111111-2222-3333-4444-555555555555"


def accounts(app: InProcess) -> int:
    found = app.identities()
    assert len(set(found.values())) == len(found)
    return len(found)


def test_one_object_id_at_two_tenants(new_app: NewApp, p: Hostile) -> None:
    """Two people of two directories, whose administrators chose nothing. The control: each comes back as they were."""
    app = new_app(VALETKEY_PROVIDERS="microsoft", **microsoft_variables(p))
    for tenant in (CONTOSO, FABRIKAM, CONTOSO, FABRIKAM):
        p.claims = of_tenant(p, tenant, oid=OID, sub="same-sub")
        signs_in(app, p, "microsoft", **a_person())
    assert {subject for _, subject in app.identities()} == {f"{tenant}.{OID}" for tenant in (CONTOSO, FABRIKAM)}
    assert accounts(app) == 2


def test_one_id_split_in_two_ways(new_app: NewApp, p: Hostile) -> None:
    """``tid`` and ``oid`` are joined, so what joins them stands in neither."""
    app = new_app(VALETKEY_PROVIDERS="microsoft", **microsoft_variables(p))
    for oid in (f"{OID}.{OID}", f"{FABRIKAM}.{OID}", OID.replace("-", "."), f"{OID}."):
        p.claims = of_tenant(p, CONTOSO, oid=oid)
        refuses(app, p, "microsoft")
    p.claims = of_tenant(p, CONTOSO, oid=OID)
    signs_in(app, p, "microsoft")


def test_one_id_at_two_issuers(new_app: NewApp, p: Hostile) -> None:
    """Two companies' servers, by settings alone: the provider's name is part of the identity."""
    app = new_app(VALETKEY_PROVIDERS="acme,globex", **variables(p), **variables(p, "globex"))
    for name in ("acme", "globex"):
        for _ in range(2):
            signs_in(app, p, name, sub="7", preferred_username="ada")
    assert set(app.identities()) == {("acme", "7"), ("globex", "7")}
    assert accounts(app) == 2


NUMBERS = [7, 2**31, 2**32 + 7, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**63 + 1, 2**64 - 1]


def test_large_numbers_are_exact(app_with_p: InProcess, p: Hostile) -> None:
    """A JSON number of GitHub's. 2⁵³ and 2⁵³ + 1 are one float, and 2⁶³ is no signed number of eight octets."""
    for number in (*NUMBERS, *NUMBERS):
        p.restore("profile")
        p.replace("profile", body={"id": number, "login": f"user{number}"})
        profile = app_with_p.browser()
        assert profile.return_from(p, profile.begin_at("github")).status == 303
        assert profile.account()["identities"][0]["subject"] == str(number)
    assert set(app_with_p.identities()) == {("github", str(number)) for number in NUMBERS}
    assert accounts(app_with_p) == len(NUMBERS)


SPELLINGS = ("007", "07", "7.0", "7e0", "+7", " 7", "7 ", "-7", "0", "", "7" * 21)
JSON_NUMBERS = (b"7.0", b"7e0", b"7.5", b"-7", b"-0", b"0", b"70e-1", b"1e400")


def test_github_reads_a_number_in_one_spelling(app_with_p: InProcess, p: Hostile) -> None:
    """And no text at all."""
    bodies = [b'{"id": %b}' % one for one in JSON_NUMBERS]
    bodies += [b'{"id": "%b"}' % one.encode() for one in (*SPELLINGS, "7")]
    for body in bodies:
        p.restore("profile")
        p.replace("profile", body=body, headers={"Content-Type": "application/json"})
        refuses(app_with_p, p, "github", calls=("token", "profile"), what=body.decode())
    assert app_with_p.identities() == {}
    p.restore("profile")
    signs_in(app_with_p, p, "github", sub="7")
    assert set(app_with_p.identities()) == {("github", "7")}


@pytest.mark.parametrize("name", ["discord", "twitter", "facebook"])
def test_decimal_texts_have_one_spelling(new_app: NewApp, p: Hostile, name: str) -> None:
    """Where the id is a text of digits: no number, which some reader may have rounded, and no zeros in front."""
    keys = {f"{name.upper()}_CLIENT_ID": p.client_id, f"{name.upper()}_CLIENT_SECRET": p.client_secret}
    app = new_app(VALETKEY_PROVIDERS=name, **{f"VALETKEY_{name.upper()}_BASE": f"{p.origin}/{name}"}, **keys)
    for subject in (*SPELLINGS, 7, 7.0, 2**63):
        refuses(app, p, name, calls=("token", "profile"), sub=subject, what=repr(subject))
    assert app.identities() == {}
    for subject in ("7", str(2**63), "7"):
        profile = app.browser()
        assert profile.return_from(p, profile.begin_at(name), a_person(sub=subject)).status == 303
        assert profile.account()["identities"][0]["subject"] == subject
    assert set(app.identities()) == {(name, "7"), (name, str(2**63))}
