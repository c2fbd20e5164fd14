"""Twelve checks of an ID token. OpenID Connect Core 1.0 §3.1.3.7.

How this works. ``verified_claims`` makes the checks in a fixed order and stops at the first that fails. Before the
signature has been verified, only the shape of the token is looked at. Nothing is taken from a token that fails.

The signature is verified, although the standard lets a client rely on TLS (§3.1.3.7 (6)): it is the one check that
still holds where something between this server and the provider reads and writes the traffic.

A time that is wrong may mean that this server's clock is. That error is ``ClockOff``, so that the caller can compare
the clocks and check again.

Why PyJWT's own checks of claims are not used: it passes an ``aud`` with strangers beside this client, does not look at
``azp``, reads ``exp`` from text, and passes a token without one unless it is asked not to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from ...crypto import Secret, constant_time_equals
from ...errors import ClockOff, ProviderReplyInvalid
from ...models.value_class import value_class
from ..grammar import is_printable
from ..jose import SignedToken, left_half_hash, read_compact, read_header, verify_mac, verify_signature
from ..jwks import KeySet

Claims = Mapping[str, object]

LEEWAY_SECONDS = 60
MAX_AGE_SECONDS = 600  # a login takes ten minutes at most, and its token is issued at its end
MAX_SUBJECT = 255  # OpenID Connect Core §2

PLACEHOLDERS = frozenset(
    {
        *("None", "null", "NULL", "nil", "undefined", "NaN", "0", "[object Object]"),
        "00000000-0000-0000-0000-000000000000",
        "Not supported currently. Use oid claim.",
    }
)
"""What a server writes when it has no id: the empty values of a few languages, and the text that Azure AD B2C sends for
every user. Two users with the same placeholder would share an account."""


@value_class(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What an ID token must say.

    Attributes:
        client_id: this client's id at the provider.
        algorithms: how it may be signed.
        issuers_of: the issuers that it may name, from its claims. They depend on the claims only where a server has a
            different issuer for every tenant.
        other_audiences: the audiences that it may name beside this client.
        nonce: the one that was sent.
        returns_nonce: whether the provider must return it.
        access_token: the one that came with it.
        now: the time in seconds since 1970.
        max_age: ``max_age`` of the authorization request, in seconds. None if there was none.
        acr_values: ``acr_values`` of the authorization request. Empty if there were none.
    """

    client_id: str
    algorithms: tuple[str, ...]
    issuers_of: Callable[[Claims], tuple[str, ...]]
    other_audiences: tuple[str, ...] = ()
    nonce: Secret = field(repr=False)
    returns_nonce: bool = True
    access_token: Secret = field(repr=False)
    now: int
    max_age: int | None = None
    acr_values: tuple[str, ...] = ()


def verified_claims(id_token: Secret, keys: KeySet | Secret, expected: Expectations) -> Claims:
    """The claims of an ID token that has passed every check. OpenID Connect Core §3.1.3.7.

    Args:
        id_token: the token.
        keys: the issuer's keys; or the client secret, at a provider that signs with it. The provider's record says
            which, and nothing in the token (RFC 8725 §3.1).
        expected: what the token must say.

    Raises:
        UnknownKey: it is signed with a key that the set does not have.
        ClockOff: a time in it is possible only if one of the two clocks is wrong.
        ProviderReplyInvalid: another check failed.
    """
    text = id_token.reveal()
    header, claims = read_compact(text)  # 1: RFC 7515 §5.2, RFC 7519 §7.2
    token = read_header(text, header, expected.algorithms)  # 2: §3.1.3.7 (7), RFC 8725 §3.1
    curve = _verify(token, keys)  # 3 and 4: §3.1.3.7 (6), (8), §10.1
    _check_issuer(claims, expected)  # 5: §3.1.3.7 (2)
    _check_audience(claims, expected)  # 6: §3.1.3.7 (3)
    _check_authorized_party(claims, expected)  # 7: §3.1.3.7 (4), (5)
    _check_times(claims, expected)  # 8: §3.1.3.7 (9), (10), RFC 7519 §4.1.5
    _check_nonce(claims, expected)  # 9: §3.1.3.7 (11)
    _check_subject(claims)  # 10: §2
    _check_access_token(claims, token, curve, expected)  # 11: §3.1.3.8
    _check_authentication(claims, expected)  # 12: §3.1.3.7 (12), (13)
    return claims


def _verify(token: SignedToken, keys: KeySet | Secret) -> str | None:
    """Verify the signature. A shared secret verifies HS256 alone, and a published key never does (RFC 8725 §2.1).

    Returns:
        The curve of the key, if it has one.
    """
    if isinstance(keys, KeySet):
        return verify_signature(token, keys).curve
    verify_mac(token, keys)
    return None


def _check_issuer(claims: Claims, expected: Expectations) -> None:
    """``iss`` is the issuer, to the letter. Nothing is normalised: some issuers end in a slash."""
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or issuer not in expected.issuers_of(claims):
        raise _invalid("iss is not this provider's issuer", "(2)")


def _check_audience(claims: Claims, expected: Expectations) -> None:
    """``aud`` names this client, and beside it only audiences that the settings name."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if expected.client_id not in audiences:
        raise _invalid("aud does not name this client", "(3)")
    if any(one != expected.client_id and one not in expected.other_audiences for one in audiences):
        raise _invalid("aud names others beside this client", "(3)")


def _check_authorized_party(claims: Claims, expected: Expectations) -> None:
    """``azp`` is this client. With several audiences it must be there."""
    audience = claims.get("aud")
    required = isinstance(audience, list) and len(audience) > 1
    if ("azp" in claims or required) and claims.get("azp") != expected.client_id:
        raise _invalid("azp is not this client", "(5)")


def _check_times(claims: Claims, expected: Expectations) -> None:
    """It has not expired, and was issued during this login. RFC 7519 §4.1.4 to §4.1.6."""
    expires, issued, now = _time(claims, "exp"), _time(claims, "iat"), expected.now
    if now - expires >= LEEWAY_SECONDS:
        raise _clock_off("exp", now - expires, "past")
    if issued - now > LEEWAY_SECONDS:
        raise _clock_off("iat", issued - now, "future")
    if now - issued > MAX_AGE_SECONDS + LEEWAY_SECONDS:
        raise _clock_off("iat", now - issued, "past")
    if "nbf" in claims and _time(claims, "nbf") - now > LEEWAY_SECONDS:
        raise _clock_off("nbf", _time(claims, "nbf") - now, "future")


def _check_nonce(claims: Claims, expected: Expectations) -> None:
    """``nonce`` is the one of this login. A code or token of another login has another (RFC 9700 §4.5.3.2)."""
    if "nonce" not in claims and not expected.returns_nonce:
        return
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not constant_time_equals(_ascii(nonce), expected.nonce.reveal()):
        raise _invalid("nonce is not the one of this login", "(11)")


def _check_subject(claims: Claims) -> None:
    """``sub`` is a text of at most 255 ASCII characters, and not one that is sent for everyone."""
    subject = claims.get("sub")
    if (
        not isinstance(subject, str)
        or len(subject) > MAX_SUBJECT
        or not is_printable(subject)
        or subject in PLACEHOLDERS
    ):
        raise ProviderReplyInvalid("The ID token's sub is not a usable id of a user (OpenID Connect Core §2).")


def _check_access_token(claims: Claims, token: SignedToken, curve: str | None, expected: Expectations) -> None:
    """``at_hash``, if it is there, belongs to the access token that came with it."""
    if "at_hash" not in claims:
        return  # optional in the code flow
    given, due = claims["at_hash"], left_half_hash(expected.access_token.reveal(), token.algorithm, curve)
    if not isinstance(given, str) or not constant_time_equals(_ascii(given), due):  # an absent hash equals nothing
        raise ProviderReplyInvalid("The ID token's at_hash is not the access token's (OpenID Connect Core §3.1.3.8).")


def _check_authentication(claims: Claims, expected: Expectations) -> None:
    """``acr`` and ``auth_time``, if the authorization request has asked for them."""
    if expected.acr_values and claims.get("acr") not in expected.acr_values:
        raise _invalid("acr is not one that was asked for", "(12)")
    if expected.max_age is not None and expected.now - _time(claims, "auth_time") > expected.max_age + LEEWAY_SECONDS:
        raise _invalid("auth_time is longer ago than was asked for", "(13)")


def _time(claims: Claims, name: str) -> int | float:
    """A time in seconds since 1970: a JSON number. RFC 7519 §2, NumericDate."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _invalid(f"{name} is not a time", "(9), (10)")
    return value


def _ascii(text: str) -> str | None:
    """The text, if it is ASCII. Ours always is, and only ASCII is compared."""
    return text if text.isascii() else None


def _invalid(fault: str, step: str) -> ProviderReplyInvalid:
    return ProviderReplyInvalid(f"The ID token's {fault} (OpenID Connect Core §3.1.3.7 {step}).")


def _clock_off(name: str, difference: float, where: str) -> ClockOff:
    seconds = int(min(difference, 10**9))  # a number from the wire has any length
    return ClockOff(
        f"By this server's clock, the ID token's {name} is {seconds} seconds in the {where}. Set the clock (NTP)."
    )
