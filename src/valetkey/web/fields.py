"""Reads what a client sent, in exactly one way or not at all: a field twice, in any encoding, is an error."""

from __future__ import annotations

import json
from urllib.parse import unquote_to_bytes

from ..errors import BadRequest, BodyTooLarge, UnsupportedBody
from ..protocols.grammar import JSON_WHITESPACE, has_control, is_visible, lower, trim
from .http import Incoming

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
_LONGEST_QUERY = 4096
_MOST_PAIRS = 50


def media_type(incoming: Incoming) -> str:
    """Its type and subtype, in lower case and without parameters; empty where none was sent. RFC 9110 §8.3.1:
    ``media-type = type "/" subtype *( OWS ";" OWS parameter )``."""
    return lower(trim((incoming.header("content-type") or "").partition(";")[0]))


def read_query(incoming: Incoming) -> dict[str, str]:
    """The query's fields.

    Raises:
        BadRequest: a field twice, too long, not UTF-8, a control character, an octet that a URL does not have
            (RFC 3986 §3.4: visible ASCII, everything else percent-encoded).
    """
    if len(incoming.query) > _LONGEST_QUERY:
        raise BadRequest("The query is too long.")
    if incoming.query and not is_visible(incoming.query):
        raise BadRequest("The query has a character that must be percent-encoded.")
    return _pairs(incoming.query, "The query")


def read_body(incoming: Incoming) -> dict[str, object]:
    """The body's fields, of a form or a JSON object; nothing at all is an empty one.

    Raises:
        UnsupportedBody: another media type. BodyTooLarge. BadRequest: not readable in one way.
    """
    if incoming.body is None:
        raise BodyTooLarge
    kind = media_type(incoming)
    if not incoming.body and not kind:
        return {}
    if kind not in (JSON, FORM):
        raise UnsupportedBody
    try:
        text = incoming.body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest("The body is not UTF-8.") from None
    if kind == FORM:
        return dict(_pairs(text, "The form"))
    try:
        value = json.loads(text, object_pairs_hook=_object) if text.strip(JSON_WHITESPACE) else {}
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON.") from None
    if not isinstance(value, dict):
        raise BadRequest("The body must be a JSON object.")
    return value


def text_field(fields: dict[str, object], name: str, longest: int = 1024) -> str | None:
    """A field that is text; None if absent, null or empty.

    Raises:
        BadRequest: it is something else, or too long.
    """
    value = fields.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > longest:
        raise BadRequest(f"{name} must be text of at most {longest} characters.")
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest("The body names a field twice.")
    text = "".join([*found, *(value for value in found.values() if isinstance(value, str))])
    if "\0" in text:  # which not every store can hold
        raise BadRequest("The body has a control character.")
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can escape and nobody can write
        raise BadRequest("The body has text that is not Unicode.") from None
    return found


def _pairs(text: str, what: str) -> dict[str, str]:
    found: dict[str, str] = {}
    pieces = [piece for piece in text.split("&") if piece]
    if len(pieces) > _MOST_PAIRS:
        raise BadRequest(f"{what} has too many fields.")
    for piece in pieces:
        raw_name, _, raw_value = piece.replace("+", " ").partition("=")
        try:
            name, value = unquote_to_bytes(raw_name).decode(), unquote_to_bytes(raw_value).decode()
        except UnicodeDecodeError:
            raise BadRequest(f"{what} is not UTF-8.") from None
        if name in found:
            raise BadRequest(f"{what} names a field twice.")
        if has_control(name + value):
            raise BadRequest(f"{what} has a control character.")
        found[name] = value
    return found
