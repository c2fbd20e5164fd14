"""The OpenID provider of the sandbox: what its ID tokens state, how they are signed, and what a test may do to them.

Signatures are judged by PyJWT, which the sandbox does not use."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest

from .by_hand import CALLBACK, Hand, hands, reason, unpacked

OPENID = ["google", "acme"]
JWKS = {"google": "/oauth2/v3/certs", "acme": "/keys"}


@pytest.fixture(scope="module")
def to() -> Iterator[Callable[[str], Hand]]:
    with hands() as made:
        yield made


@pytest.fixture(params=OPENID)
def hand(to: Callable[[str], Hand], request: pytest.FixtureRequest) -> Hand:
    """Each provider in turn."""
    return to(request.param)


@pytest.fixture
def acme(to: Callable[[str], Hand]) -> Hand:
    return to("acme")


@pytest.fixture
def google(to: Callable[[str], Hand]) -> Hand:
    return to("google")


def jwks(hand: Hand) -> list[dict[str, Any]]:
    return list(hand.http.get(hand.base + JWKS[hand.provider]).json()["keys"])


def verified(hand: Hand, token: str) -> dict[str, Any]:
    """By the published key that the header names."""
    header = jwt.get_unverified_header(token)
    (key,) = [one for one in jwks(hand) if one.get("kid") == header["kid"]]
    return jwt.decode(
        token,
        jwt.PyJWK(key, algorithm=header["alg"]).key,
        algorithms=[header["alg"]],
        audience=hand.client_id,
        options={"require": ["iss", "sub", "aud", "exp", "iat"]},
    )


def half(algorithm: str, token: str) -> str:
    digest = hashlib.new(algorithm, token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def claims(hand: Hand, **user: Any) -> dict[str, Any]:
    return verified(hand, hand.granted(**user)["id_token"])


# Metadata


def test_the_metadata_names_what_is_there(hand: Hand) -> None:
    found = hand.http.get(f"{hand.base}/.well-known/openid-configuration").json()
    assert found["issuer"] == hand.base
    assert found["authorization_endpoint"] == hand.base + hand.authorize_path
    assert found["token_endpoint"] == hand.base + hand.token_path
    assert found["jwks_uri"] == hand.base + JWKS[hand.provider]
    assert hand.http.get(found["jwks_uri"]).json()["keys"]
    assert found["authorization_response_iss_parameter_supported"] is True
    hand.switch(promises_iss=False)
    found = hand.http.get(f"{hand.base}/.well-known/openid-configuration").json()
    assert "authorization_response_iss_parameter_supported" not in found
    assert hand.approve(hand.url())["iss"] == hand.base
    assert [one["endpoint"] for one in hand.journal][:3] == ["discovery", "keys", "discovery"]


# ID tokens


def test_an_id_token(hand: Hand) -> None:
    granted = hand.granted()
    stated = verified(hand, granted["id_token"])
    assert (stated["iss"], stated["sub"], stated["aud"]) == (hand.base, "9000000000000000001", hand.client_id)
    assert stated["nonce"] == hand.nonce
    assert stated["at_hash"] == half("sha256", granted["access_token"])
    assert abs(stated["iat"] - time.time()) < 5
    assert stated["exp"] > time.time() + 60
    assert granted["id_token"] in hand.control("GET", "secrets")["secrets"]


def test_no_id_token_without_the_scope(hand: Hand) -> None:
    answer = hand.exchange(hand.approve(hand.url(scope="email"))["code"])
    assert "id_token" not in answer.json()
    assert hand.profile(answer.json()["access_token"]).status_code == 403
    assert "id_token" in hand.granted()


def test_a_nonce_is_echoed_if_one_was_sent(hand: Hand) -> None:
    assert "nonce" not in verified(hand, hand.exchange(hand.approve(hand.url(nonce=None))["code"]).json()["id_token"])
    assert claims(hand)["nonce"] == hand.nonce
    hand.switch(nonce=False)
    assert "nonce" not in claims(hand)


def test_its_clock_is_the_sandboxs(google: Hand) -> None:
    google.control("PATCH", "settings", {"clock_offset_seconds": -7200})
    assert abs(unpacked(google.granted()["id_token"])[1]["iat"] - time.time() + 7200) < 5


@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [
        ("RS256", "sha256"), ("RS384", "sha384"), ("RS512", "sha512"), ("PS256", "sha256"), ("PS384", "sha384"),
        ("PS512", "sha512"), ("ES256", "sha256"), ("ES384", "sha384"), ("ES512", "sha512"), ("EdDSA", "sha512"),
    ],
)  # fmt: skip
def test_algorithms(acme: Hand, algorithm: str, digest: str) -> None:
    acme.switch(algorithm=algorithm)
    granted = acme.granted()
    assert jwt.get_unverified_header(granted["id_token"])["alg"] == algorithm
    assert verified(acme, granted["id_token"])["at_hash"] == half(digest, granted["access_token"])
    assert (
        algorithm
        in acme.http.get(f"{acme.base}/.well-known/openid-configuration").json()[
            "id_token_signing_alg_values_supported"
        ]
    )


def test_keys(acme: Hand, google: Hand) -> None:
    """Public parts alone; Acme has several kinds. Google names the algorithm, Acme does not."""
    assert {one["kty"] for one in jwks(acme)} == {"RSA", "EC", "OKP"}
    assert {one.get("alg") for one in jwks(acme)} == {None}
    assert [(one["kty"], one["alg"], one["use"]) for one in jwks(google)] == [("RSA", "RS256", "sig")]
    private = {"d", "p", "q", "dp", "dq", "qi"}
    every = [*jwks(acme), *jwks(google)]
    assert [one for one in every if one.keys() & private] == []
    assert len({one["kid"] for one in every}) == len(every) >= 4


def test_keys_without_names(acme: Hand) -> None:
    acme.switch(kid=False)
    assert "kid" not in jwt.get_unverified_header(acme.granted()["id_token"])
    assert [one for one in jwks(acme) if "kid" in one] == []


# Rotation


def test_rotation_keeps_the_old_key(hand: Hand) -> None:
    before = hand.granted()["id_token"]
    rotated = hand.control("POST", "rotate", {"provider": hand.provider})["kid"]
    after = hand.granted()["id_token"]
    assert jwt.get_unverified_header(after)["kid"] == rotated[hand.provider]
    assert list(rotated) == [hand.provider]
    assert verified(hand, before)["sub"] == verified(hand, after)["sub"]


def test_rotation_may_remove_the_old_key_and_hide_the_new_one(hand: Hand) -> None:
    before = jwt.get_unverified_header(hand.granted()["id_token"])["kid"]
    hand.control("POST", "rotate", {"provider": hand.provider, "old": "removed"})
    assert before not in [one["kid"] for one in jwks(hand)]
    assert claims(hand)["sub"]
    hand.control("POST", "rotate", {"provider": hand.provider, "new": "hidden"})
    hidden = jwt.get_unverified_header(hand.granted()["id_token"])["kid"]
    assert hidden not in [one["kid"] for one in jwks(hand)]
    hand.control("POST", "reset")
    assert claims(hand)["sub"]  # what was never published is gone


def test_a_reset_leaves_the_published_keys(hand: Hand) -> None:
    """Clients have them in their caches, and fetch again once a minute at most."""
    before = jwks(hand)
    hand.control("POST", "reset")
    assert jwks(hand) == before


def test_rotation_of_all(acme: Hand) -> None:
    rotated = acme.control("POST", "rotate")["kid"]
    assert rotated.keys() >= set(OPENID)
    for sent in ({"provider": "github"}, {"provider": "nobody"}, {"old": "burnt"}, {"new": "shown"}):
        assert acme.control("POST", "rotate", sent, 400)["error"]


# Altered ID tokens


def test_claims_and_header_may_be_altered(hand: Hand) -> None:
    hand.switch(
        id_token={
            "set": {"iss": "https://evil.example", "aud": ["x"], "nonce": 7},
            "remove": ["exp"],
            "header": {"crit": ["x"]},
            "remove_header": ["typ"],
        }
    )
    token = hand.granted()["id_token"]
    header, stated = unpacked(token)
    assert (stated["iss"], stated["aud"], stated["nonce"], "exp" in stated) == ("https://evil.example", ["x"], 7, False)
    assert (header["crit"], "typ" in header, header["alg"]) == (["x"], False, "RS256")
    head, body, signed = token.split(".")
    (key,) = [one for one in jwks(hand) if one["kid"] == header["kid"]]
    octets = base64.urlsafe_b64decode(signed + "==")
    algorithm = jwt.get_algorithm_by_name("RS256")
    assert algorithm.verify(f"{head}.{body}".encode(), jwt.PyJWK(key, algorithm="RS256").key, octets)
    hand.switch(id_token={})
    assert claims(hand)["iss"] == hand.base


def test_signatures_may_be_altered(google: Hand) -> None:
    def signed(sign: str, **header: str) -> tuple[str, bytes, str]:
        google.switch(id_token={"sign": sign, "header": header})
        token = google.granted()["id_token"]
        text, _, signature = token.rpartition(".")
        return unpacked(token)[0]["alg"], base64.urlsafe_b64decode(signature + "=="), text

    assert signed("none")[:2] == ("none", b"")
    algorithm, octets, text = signed("client_secret")
    secret = google.client_secret.encode()
    assert (algorithm, octets) == ("HS256", hmac.digest(secret, text.encode(), "sha256"))
    algorithm, octets, text = signed("client_secret", alg="HS512")
    assert (algorithm, octets) == ("HS512", hmac.digest(secret, text.encode(), "sha512"))
    algorithm, octets, text = signed("public_pem")
    (key,) = [one for one in jwks(google) if one["kid"] == json.loads(_part(text, 0))["kid"]]
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    pem = jwt.PyJWK(key).key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert octets == hmac.digest(pem, text.encode(), "sha256")
    for sign in ("stranger", "garbage"):
        signed(sign)
        with pytest.raises(jwt.InvalidSignatureError):
            claims(google)
    assert signed("key", alg="RS512")[0] == "RS512"
    assert claims(google)["sub"] == "9000000000000000001"
    google.switch(id_token={"raw": "a.b.c"})
    assert google.granted()["id_token"] == "a.b.c"


def _part(text: str, number: int) -> bytes:
    part = text.split(".")[number]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


# Who the user is


def test_google_states_it_in_the_id_token(google: Hand) -> None:
    stated = claims(google)
    assert (stated["name"], stated["email"], stated["email_verified"]) == ("Ada Example", "ada@example.com", True)
    assert (stated["given_name"], stated["azp"], "preferred_username" in stated) == ("Ada", google.client_id, False)
    assert claims(google, persona="unverified")["email_verified"] is False
    back = google.approve(google.url())
    assert back.keys() == {"code", "state", "scope", "authuser", "prompt", "iss"}
    assert "/" in back["code"]


def test_acme_states_it_at_userinfo(acme: Hand) -> None:
    granted = acme.granted()
    assert verified(acme, granted["id_token"]).keys() == {"iss", "sub", "aud", "iat", "exp", "nonce", "at_hash"}
    answer = acme.profile(granted["access_token"]).json()
    assert (answer["sub"], answer["preferred_username"]) == ("9000000000000000001", "ada")
    acme.switch(claims_in_id_token=True)
    assert claims(acme)["email"] == "ada@example.com"


@pytest.mark.parametrize(
    ("user", "scope", "has", "lacks"),
    [
        ({"persona": "ada"}, "openid", set(), {"name", "email"}),
        ({"persona": "ada"}, "openid email", {"email", "email_verified"}, {"name"}),
        ({"persona": "ada"}, "openid profile", {"name", "picture"}, {"email"}),
        ({"persona": "ada", "shares_email": False}, None, {"name"}, {"email", "email_verified"}),
        ({"persona": "bare"}, None, {"name"}, {"email", "email_verified", "picture"}),
        ({"persona": "blank"}, None, set(), {"name", "email", "preferred_username", "picture"}),
        ({"user_id": "42", "email": "g@example.com", "email_verified": False}, None, {"email"}, {"picture"}),
    ],
)
def test_scopes_and_personas(
    hand: Hand, user: dict[str, Any], scope: str | None, has: set[str], lacks: set[str]
) -> None:
    url = hand.url(**({"scope": scope} if scope else {}))
    granted = hand.exchange(hand.approve(url, **user)["code"]).json()
    stated = hand.profile(granted["access_token"]).json()
    assert has <= stated.keys()
    assert not lacks & stated.keys()
    assert stated["sub"] == verified(hand, granted["id_token"])["sub"]


# The browser


def test_response_modes(hand: Hand) -> None:
    posted = hand.control("POST", "approve", {"url": hand.url(response_mode="form_post"), "persona": "ada"})
    assert posted["callback"] == CALLBACK
    assert (posted["form"]["state"], bool(posted["form"]["code"])) == (hand.state, True)
    shown = hand.control("POST", "approve", {"url": hand.url(response_mode="fragment"), "persona": "ada"})
    parts = urlsplit(shown["callback"])
    assert (parts.query, dict(parse_qsl(parts.fragment))["state"]) == ("", hand.state)
    wrong = hand.approve(hand.url(response_mode="web_message"))
    assert wrong["error"] == "invalid_request"
    assert "web_message" in hand.calls("authorize")[-1]["reason"]


def test_google_reports_windows_and_separates_none(google: Hand) -> None:
    page = google.http.get(google.url())
    assert page.headers["cross-origin-opener-policy-report-only"] == "same-origin"
    assert "cross-origin-opener-policy" not in page.headers
    google.switch(coop="same-origin")
    assert google.http.get(google.url()).headers["cross-origin-opener-policy"] == "same-origin"


def test_userinfo_needs_its_token(hand: Hand) -> None:
    answer = hand.profile("nonsense")
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert "never issued" in reason(answer)
