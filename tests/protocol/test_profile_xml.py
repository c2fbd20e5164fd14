"""XML that a profile may be, and XML that attacks its reader."""

from __future__ import annotations

import time

import pytest

from valetkey.errors import Intercepted, ProviderReplyInvalid
from valetkey.protocols.http import HttpResponse, Stamp
from valetkey.protocols.profile import read_profile
from valetkey.protocols.profile.xml import MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS, parse_xml

from .oauth1_records import WITH_SECRET

READ: dict[str, tuple[bytes, object]] = {
    "texts": (b"<user><id>7</id><name>Ada</name></user>", {"user": {"id": "7", "name": "Ada"}}),
    "attributes": (
        b'<rsp stat="ok"><user id="7@N01"><username>Ada</username></user></rsp>',
        {"rsp": {"@stat": "ok", "user": {"@id": "7@N01", "username": "Ada"}}},
    ),
    "text beside an attribute": (b'<u><n a="b"> x </n></u>', {"u": {"n": {"@a": "b", "#text": "x"}}}),
    "an empty one": (b"<u><id/><n></n></u>", {"u": {"id": "", "n": ""}}),
    "one text": (b"<u>a</u>", {"u": "a"}),
    "no text": (b"<u/>", {"u": ""}),
    "one name twice": (b"<u><id>7</id><id>8</id><id>9</id></u>", {"u": {"id": ["7", "8", "9"]}}),
    "an empty one and another": (b"<u><id/><id>8</id></u>", {"u": {"id": ["", "8"]}}),
    "references": (b"<u><n>&lt;&amp;&#65;&#x42;&quot;</n></u>", {"u": {"n": '<&AB"'}}),
    "a section": (b"<u><n><![CDATA[<b>&amp;]]></n></u>", {"u": {"n": "<b>&amp;"}}),
    "a comment": (b"<u><!-- <id>8</id> --><id>7</id></u>", {"u": {"id": "7"}}),
    "a comment in a text": (b"<u><id>7<!-- -->8</id></u>", {"u": {"id": "78"}}),
    "a declaration": (b'<?xml version="1.0" encoding="utf-8"?>\n<u><id>7</id></u>\n', {"u": {"id": "7"}}),
    "a mark": (b"\xef\xbb\xbf<u><id>7</id></u>", {"u": {"id": "7"}}),
    "prefixes": (b'<a:u xmlns:a="urn:a"><a:id>7</a:id></a:u>', {"a:u": {"@xmlns:a": "urn:a", "a:id": "7"}}),
    "white space that is a part of it": (b"<u><id> 7\t</id></u>", {"u": {"id": " 7\t"}}),
    "another white space": ("<u><n>\u00a0Ada\u00a0</n></u>".encode(), {"u": {"n": "\u00a0Ada\u00a0"}}),
    "as deep as it may be": (b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH, None),
    "as many as there may be": (b"<u>" + b"<a/>" * (MAX_ELEMENTS - 1) + b"</u>", None),
}

LAUGHS = "".join(f'<!ENTITY lol{at} "{f"&lol{at - 1};" * 10}">' if at else '<!ENTITY lol0 "lol">' for at in range(10))
HOSTILE: dict[str, bytes] = {
    "billion laughs": f"<!DOCTYPE u [{LAUGHS}]><u><id>&lol9;</id></u>".encode(),
    "quadratic blow-up": f'<!DOCTYPE u [<!ENTITY a "{"a" * 30_000}">]><u>{"&a;" * 1000}</u>'.encode(),
    "a file": b'<!DOCTYPE u [<!ENTITY e SYSTEM "file:///etc/passwd">]><u><id>&e;</id></u>',
    "an address": b'<!DOCTYPE u [<!ENTITY e SYSTEM "http://127.0.0.1:1/">]><u><id>&e;</id></u>',
    "a parameter entity": b'<!DOCTYPE u [<!ENTITY % e SYSTEM "http://127.0.0.1:1/"> %e;]><u><id>7</id></u>',
    "a document type elsewhere": b'<!DOCTYPE u SYSTEM "http://127.0.0.1:1/u.dtd"><u><id>7</id></u>',
    "a public one": b'<!DOCTYPE u PUBLIC "-//x" "http://127.0.0.1:1/u.dtd"><u><id>7</id></u>',
    "an empty document type": b"<!DOCTYPE u><u><id>7</id></u>",
    "a document type inside": b"<!DOCTYPE u []><u><id>7</id></u>",
    "a default attribute": b'<!DOCTYPE u [<!ATTLIST u id CDATA "7">]><u/>',
    "an entity that is not declared": b"<u><id>&nbsp;</id></u>",
    "an instruction": b'<?xml-stylesheet href="http://127.0.0.1:1/"?><u><id>7</id></u>',
    "an instruction behind it": b"<u><id>7</id></u><?x y?>",
    "too deep": b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1),
    "deep as a well": b"<a>" * 9000 + b"</a>" * 9000,
    "too many": b"<u>" + b"<a/>" * MAX_ELEMENTS + b"</u>",
    "too large": b"<u><id>7</id><n>" + b"x" * MAX_BYTES + b"</n></u>",
    "two roots": b"<u><id>7</id></u><u><id>8</id></u>",
    "text behind it": b"<u><id>7</id></u>8",
    "text before it": b"7<u/>",
    "unfinished": b"<u><id>7</id>",
    "crossed": b"<u><id>7</u></id>",
    "an attribute twice": b'<u id="7" id="8"/>',
    "no bytes": b"",
    "white space": b" \n",
    "words": b"id=7",
    "JSON": b'{"id": "7"}',
    "UTF-16": "<u><id>7</id></u>".encode("utf-16"),
    "UTF-16 without a mark": "<u><id>7</id></u>".encode("utf-16-le"),
    "UTF-16, big endian": "<u><id>7</id></u>".encode("utf-16-be"),
    "Latin-1, declared": '<?xml version="1.0" encoding="ISO-8859-1"?><u><id>é</id></u>'.encode("latin-1"),
    "Latin-1, declared, in ASCII": b'<?xml version="1.0" encoding="ISO-8859-1"?><u><id>7</id></u>',
    "Latin-1": "<u><id>é</id></u>".encode("latin-1"),
    "UTF-7": b'<?xml version="1.0" encoding="UTF-7"?><u><id>+ADw-</id></u>',
    "an overlong octet": b"<u><id>\xc0\xbc</id></u>",
    "a surrogate": b"<u><id>\xed\xa0\x80</id></u>",
    "a control": b"<u><id>7\x01</id></u>",
    "a control, encoded": b"<u><id>7&#1;</id></u>",
    "a NUL": b"<u><id>7\x00</id></u>",
    "a declaration that comes late": b'\n<?xml version="1.0"?><u><id>7</id></u>',
}


@pytest.mark.parametrize(("raw", "value"), READ.values(), ids=list(READ))
def test_what_is_read(raw: bytes, value: object) -> None:
    found = parse_xml(raw)
    assert found
    if value is not None:
        assert found == value


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=list(HOSTILE))
def test_what_is_refused(raw: bytes) -> None:
    """At once, without a request, a file or the memory that it asks for; and the hint has no part of it."""
    began_at = time.monotonic()
    with pytest.raises(ValueError, match=r"^[A-Za-z0-9 ,-]+$"):
        parse_xml(raw)
    assert time.monotonic() - began_at < 1
    with pytest.raises(ProviderReplyInvalid) as refused:
        read(raw)
    assert "passwd" not in refused.value.hint
    assert refused.value.__cause__ is None


def read(body: bytes, status: int = 200) -> dict[str, object]:
    response = HttpResponse(status=status, headers={}, body=body)
    stamp = Stamp(timestamp=1, nonce="n")
    return read_profile(response, "xml", url="https://a.test/me", credentials=WITH_SECRET, stamp=stamp)


def test_a_profile_in_xml() -> None:
    assert read(b"<u><id>7</id></u>") == {"u": {"id": "7"}}
    with pytest.raises(ProviderReplyInvalid):
        read(b"<u><id>7</id></u>", status=201)
    with pytest.raises(Intercepted):
        read(b"<!DOCTYPE html><html><body>Sign in to the Wi-Fi</body></html>")
