"""Every octet, 0x00 to 0xFF, beside what a provider's reply says: form, numbers, error codes, headers; and beside the
values that only we write, sealed logins and passes."""

from __future__ import annotations

import pytest
from support.servers import SECRET

from valetkey import Secret
from valetkey.crypto.keys import Keys, Sealer
from valetkey.errors import ProviderError, ProviderReplyInvalid
from valetkey.http_client.wire import ReplyReader
from valetkey.protocols.encoding import parse_form
from valetkey.protocols.http import HttpResponse
from valetkey.protocols.oauth1.replies import require_field
from valetkey.protocols.refusals import refusal
from valetkey.sessions.tokens import SessionTokens, TokenClaims

OCTETS = range(256)
VISIBLE = range(0x21, 0x7F)


def test_a_form_field_that_is_used_keeps_every_octet() -> None:
    """Encoded beside a token or an id: the value is another one, or refused. None is taken off."""
    for octet in OCTETS:
        for value in (f"%{octet:02X}123", f"123%{octet:02X}"):
            decoded = value.replace(f"%{octet:02X}", chr(octet))
            try:
                assert require_field(parse_form(f"user_id={value}".encode()), "user_id") == decoded
                assert octet in VISIBLE, hex(octet)
            except ProviderReplyInvalid:
                assert octet not in VISIBLE, hex(octet)
        for name in (f"%{octet:02X}user_id", f"user_id%{octet:02X}"):
            try:
                assert "user_id" not in parse_form(f"{name}=123".encode())
            except ProviderReplyInvalid:
                assert octet not in VISIBLE, hex(octet)


def test_a_form_has_no_controls_and_every_other_character() -> None:
    for control in ("%00", "%1F", "%7F", "%C2%80", "%C2%85", "%C2%9F"):
        with pytest.raises(ProviderReplyInvalid):
            parse_form(f"name=a{control}b".encode())
    # No-break space, ideographic space, and the joiner that many emoji are written with.
    for encoded, char in {"%C2%A0": "\xa0", "%E3%80%80": "\u3000", "%E2%80%8D": "\u200d"}.items():
        assert parse_form(f"name=a{encoded}b".encode()) == {"name": f"a{char}b"}


def refused(status: int, body: bytes = b"", **headers: str) -> ProviderError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return refusal(HttpResponse(status=status, headers=named, body=body), step="request_token")


def test_seconds_to_wait() -> None:
    """Retry-After = delay-seconds = 1*DIGIT, RFC 9110 §10.2.3. Anything else is as if it had not been said."""
    unsaid = refused(429).retry_after_seconds
    assert refused(429, retry_after="77").retry_after_seconds == 77
    for octet in OCTETS:
        for text in (f"{chr(octet)}77", f"77{chr(octet)}"):
            digit = octet in b"0123456789"
            meant = min(int(text), 900) if digit else unsaid
            assert refused(429, retry_after=text).retry_after_seconds == meant, hex(octet)
    for odd in ("٧٧", "7_7", "7²", "9" * 5000):
        assert refused(429, retry_after=odd).retry_after_seconds == unsaid


def test_an_error_code() -> None:
    """Digits of ASCII, behind JSON's own whitespace."""
    assert refused(401, b'{"errors":[{"code": 135}]}').code == refused(401, b'{"errors":[{"code":135}]}').code
    plain = refused(401, b'{"errors":[{"code":32}]}').code
    assert refused(401, b'{"errors":[{"code":135}]}').code != plain
    for odd in ("١٣٥", "\xa0135", "\x0b135", "\u3000135"):
        assert refused(401, f'{{"errors":[{{"code":{odd}}}]}}'.encode()).code == plain, odd


def test_a_content_coding() -> None:
    """RFC 9110 §8.4.1, §5.6.3: a token, with spaces and tabs around it."""
    for octet in (one for one in OCTETS if one not in b"\0\r\n"):
        for coding in (b"identity" + bytes([octet]), bytes([octet]) + b"identity"):
            reply = ReplyReader(tls=True)
            try:
                reply.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Encoding: " + coding + b"\r\n\r\nok")
                assert reply.done
                assert octet in b" \t", hex(octet)
            except ProviderError:
                assert octet not in b" \t", hex(octet)


def test_a_sealed_login_and_a_pass_have_one_spelling() -> None:
    """Decoders of base64 leave out what they do not know; what is read here is what was written."""
    keys = Keys([Secret(SECRET)])
    sealer, passes = Sealer(keys, "login"), SessionTokens(keys, "https://app.example")
    sealed = sealer.seal({"a": 1}, "place")
    minted = passes.mint(TokenClaims(session_id="s", account_id="a", opened_at=1, expires_at=2))
    assert sealer.open(sealed, "place") == {"a": 1}
    assert passes.read(minted) is not None
    for octet in OCTETS:
        for many in range(1, 5):
            odd = chr(octet) * many
            for one, other in ((sealed, minted), (sealed[:20], minted[:20])):
                assert sealer.open(one + odd + sealed[len(one) :], "place") is None, hex(octet)
                assert passes.read(other + odd + minted[len(other) :]) is None, hex(octet)
            assert sealer.open(odd + sealed, "place") is None, hex(octet)
            assert passes.read(odd + minted) is None, hex(octet)
