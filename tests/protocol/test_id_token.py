"""The checks of an ID token's claims: each fault is refused by the check that is for it. OIDC Core §3.1.3.7.

Every fault is signed with the issuer's own key, so that nothing but its own check can refuse it.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from support.jose import at_hash, b64, token

from protocol.flows import NOW
from protocol.issuer import ABSENT, CLAIMS, CLIENT, ISSUER, NONCE, check, refused, signed
from valetkey.crypto import Secret
from valetkey.errors import ClockOff
from valetkey.protocols.jwks import KeySet


def test_an_honest_token() -> None:
    """The control of everything here."""
    assert check(signed()) == CLAIMS
    assert check(signed(at_hash=at_hash("at-1", "RS256"), azp=CLIENT, nbf=NOW, auth_time=NOW - 5.5)) != {}


# 5: iss. OIDC Core §3.1.3.7 (2)

NOT_ISSUERS = [ABSENT, None, "", ISSUER.rstrip("/"), ISSUER.upper(), ISSUER.replace("https", "http"), [ISSUER], 7]
NOT_ISSUERS += ["https://evil.test/", ISSUER + " ", ISSUER.replace(".test", ".test:443"), {"0": ISSUER}, "\ud800"]


@pytest.mark.parametrize("iss", NOT_ISSUERS)
def test_5_issuer(iss: object) -> None:
    refused(signed(iss=iss), "iss")


def test_5_an_issuer_of_each_tenant() -> None:
    def of_tenant(claims: Mapping[str, object]) -> tuple[str, ...]:
        return (f"https://idp.test/{claims.get('tid')}", "idp.test")

    assert check(signed(iss="https://idp.test/7", tid="7"), issuers_of=of_tenant)
    assert check(signed(iss="idp.test", tid="7"), issuers_of=of_tenant)
    refused(signed(iss="https://idp.test/8", tid="7"), "iss", issuers_of=of_tenant)


# 6 and 7: aud and azp. OIDC Core §3.1.3.7 (3) to (5)

NOT_AUDIENCES = [ABSENT, None, "", "other", [], ["other"], [CLIENT, "evil"], [CLIENT, None], [[CLIENT]], {CLIENT: 1}]
NOT_AUDIENCES += [CLIENT.upper(), f"{CLIENT} ", [CLIENT, ""], 7, True]


@pytest.mark.parametrize("aud", NOT_AUDIENCES)
def test_6_audience(aud: object) -> None:
    refused(signed(aud=aud, azp=CLIENT), "aud")
    assert check(signed(aud=[CLIENT]))


def test_6_an_audience_beside_this_client() -> None:
    refused(signed(aud=[CLIENT, "project"], azp=CLIENT), "aud")
    assert check(signed(aud=[CLIENT, "project"], azp=CLIENT), other_audiences=("project",))
    refused(signed(aud=["project"], azp=CLIENT), "aud", other_audiences=("project",))
    refused(signed(aud=[CLIENT, "project", "evil"], azp=CLIENT), "aud", other_audiences=("project",))


@pytest.mark.parametrize("azp", [None, "", "other", [CLIENT], 7])
def test_7_authorized_party(azp: object) -> None:
    refused(signed(azp=azp), "azp")
    assert check(signed(azp=CLIENT))


def test_7_several_audiences_need_one() -> None:
    refused(signed(aud=[CLIENT, "project"]), "azp", other_audiences=("project",))


# 8: exp, iat, nbf. OIDC Core §3.1.3.7 (9), (10)

NOT_TIMES = [None, "", str(NOW + 300), True, [NOW], {}, "never"]


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("value", NOT_TIMES)
def test_8_a_time_is_a_number(name: str, value: object) -> None:
    refused(signed(**{name: value}), name)
    assert check(signed(**{name: NOW + 0.5}))


@pytest.mark.parametrize("name", ["exp", "iat"])
def test_8_times_that_must_be_there(name: str) -> None:
    refused(signed(**{name: ABSENT}), name)


TIMES = [
    ("exp", -59, None),
    ("exp", -60, "60 seconds in the past"),
    ("exp", -61.5, "61 seconds in the past"),
    ("exp", -(10**40), "1000000000 seconds in the past"),
    ("exp", 10**40, None),
    ("iat", 60, None),
    ("iat", 61, "61 seconds in the future"),
    ("iat", 10**40, "in the future"),
    ("iat", -660, None),
    ("iat", -661, "661 seconds in the past"),
    ("iat", -7 * 86400, "604800 seconds in the past"),
    ("nbf", 60, None),
    ("nbf", 61, "61 seconds in the future"),
    ("nbf", -(10**6), None),
]


@pytest.mark.parametrize(("name", "offset", "fault"), TIMES)
def test_8_times(name: str, offset: float, fault: str | None) -> None:
    """A minute of leeway, and a token that is no older than a login. A difference may be the clock's."""
    one = signed(**{name: NOW + offset})
    if fault is None:
        assert check(one)
        return
    with pytest.raises(ClockOff, match=fault) as off:
        check(one)
    assert name in off.value.hint


def test_8_the_same_token_by_a_clock_that_is_right() -> None:
    early = signed(iat=NOW + 3600, exp=NOW + 3900, nbf=NOW + 3600)
    with pytest.raises(ClockOff, match="3600 seconds in the future"):
        check(early)
    assert check(early, now=NOW + 3600)


# 9: nonce. OIDC Core §3.1.3.7 (11)

NOT_NONCES = [None, "", f"{8:032x}", NONCE[:-1], f"{NONCE} ", NONCE + "\ud800", [NONCE], 7]


@pytest.mark.parametrize("nonce", NOT_NONCES)
def test_9_nonce(nonce: object) -> None:
    """Also where the provider is known to drop it: one that is there must be right."""
    refused(signed(nonce=nonce), "nonce")
    refused(signed(nonce=nonce), "nonce", returns_nonce=False)


def test_9_a_nonce_that_is_dropped() -> None:
    refused(signed(nonce=ABSENT), "nonce")
    assert check(signed(nonce=ABSENT), returns_nonce=False)


# 10: sub. OIDC Core §2

NOT_SUBJECTS = [ABSENT, None, "", 248289761001, True, ["a"], "x" * 256, "é", "a\nb", "\ud800", "None", "null"]
NOT_SUBJECTS += ["0", "[object Object]", "00000000-0000-0000-0000-000000000000"]
NOT_SUBJECTS += ["undefined", "Not supported currently. Use oid claim."]


@pytest.mark.parametrize("sub", NOT_SUBJECTS)
def test_10_subject(sub: object) -> None:
    refused(signed(sub=sub), "sub")


@pytest.mark.parametrize("sub", ["00", "007", "x" * 255, "auth0|7", "uid=ada, ou=people", "none"])
def test_10_subjects_are_taken_as_they_are(sub: str) -> None:
    assert check(signed(sub=sub))["sub"] == sub


# 11: at_hash. OIDC Core §3.1.3.8

NOT_HASHES = [None, "", at_hash("at-2", "RS256"), at_hash("at-1", "RS512"), at_hash("at-1", "RS256") + "=", 7, ["x"]]


@pytest.mark.parametrize("value", NOT_HASHES)
def test_11_access_token(value: object) -> None:
    refused(signed(at_hash=value), "at_hash")
    assert check(signed(at_hash=at_hash("at-1", "RS256")))


def test_11_an_algorithm_without_a_hash_fails_closed() -> None:
    """Ed448, for which OpenID Connect names none: it may sign, and no ``at_hash`` of its is right."""
    from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey

    class Signer:
        private = Ed448PrivateKey.generate()

        def sign(self, alg: str, data: bytes) -> bytes:
            return self.private.sign(data)

    keys = KeySet(({"kty": "OKP", "crv": "Ed448", "x": b64(Signer.private.public_key().public_bytes_raw())},))
    for claims in (CLAIMS, {**CLAIMS, "at_hash": at_hash("at-1", "EdDSA")}):
        text = Secret(token({"alg": "EdDSA"}, claims, Signer(), "EdDSA"))
        if "at_hash" in claims:
            refused(text, "at_hash", keys=keys, algorithms=("EdDSA",))
        else:
            assert check(text, keys, algorithms=("EdDSA",))


# 12: acr and auth_time. OIDC Core §3.1.3.7 (12), (13)


def test_12_what_was_not_asked_for_is_not_looked_at() -> None:
    assert check(signed(acr=7, auth_time="long ago"))


@pytest.mark.parametrize("value", [ABSENT, None, "1", ["urn:mfa"], "urn:mfa "])
def test_12_acr(value: object) -> None:
    refused(signed(acr=value), "acr", acr_values=("urn:mfa", "urn:phr"))
    assert check(signed(acr="urn:phr"), acr_values=("urn:mfa", "urn:phr"))


@pytest.mark.parametrize("value", [ABSENT, None, str(NOW), NOW - 361, True])
def test_12_auth_time(value: object) -> None:
    refused(signed(auth_time=value), "auth_time", max_age=300)
    assert check(signed(auth_time=NOW - 360.0), max_age=300)


def test_the_checks_have_an_order() -> None:
    """A token with every fault is refused by the first; with that one mended, by the next."""
    faults: dict[str, dict[str, object]] = {
        "iss": {"iss": "https://evil.test"},
        "aud": {"aud": "other"},
        "azp": {"azp": "other"},
        "exp": {"exp": None},
        "nonce": {"nonce": "other"},
        "sub": {"sub": ""},
        "at_hash": {"at_hash": "other"},
    }
    names = list(faults)
    for position, name in enumerate(names):
        wrong = {claim: value for one in names[position:] for claim, value in faults[one].items()}
        refused(signed(**wrong), name)
