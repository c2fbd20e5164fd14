"""Reads queries and bodies in exactly one way. What can be read in two ways is an error, such as a field sent twice.

Web frameworks take the first or the last of two fields of one name, and each takes another one. A proxy and an app that
disagree about a field are the start of many attacks.
"""

from __future__ import annotations

import json
from urllib.parse import unquote_to_bytes

from ..errors import BadRequest, BodyTooLarge, UnsupportedBody
from ..protocols.grammar import JSON_WHITESPACE, has_control, is_visible, lower, trim
from .http import Incoming

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
# Entra's authorization codes can be longer than 1 kB, and a callback brings more than its code.
MAX_QUERY_CHARACTERS = 8192
_MAX_PAIRS = 50


def media_type(incoming: Incoming) -> str:
    """Return the type and subtype of the body, in lower case and without parameters. Empty if none was sent.

    RFC 9110 §8.3.1: ``media-type = type "/" subtype *( OWS ";" OWS parameter )``.
    """
    return lower(trim((incoming.header("content-type") or "").partition(";")[0]))


def read_query(incoming: Incoming) -> dict[str, str]:
    """Return the fields of the query.

    Raises:
        BadRequest: a field was sent twice, the query is too long or not UTF-8, or it has a control character or a
            character that a URL cannot have (RFC 3986 §3.4: all but visible ASCII must be percent-encoded).
    """
    if len(incoming.query) > MAX_QUERY_CHARACTERS:
        raise BadRequest("The query is too long.")
    if incoming.query and not is_visible(incoming.query):
        raise BadRequest("The query has a character that must be percent-encoded.")
    return _form_pairs(incoming.query, "The query")


def read_body(incoming: Incoming) -> dict[str, object]:
    """Return the fields of the body, which is a form or a JSON object. No body at all has no fields.

    Raises:
        UnsupportedBody: the body has another media type.
        BodyTooLarge: the body is longer than 16 KiB.
        BadRequest: the body cannot be read in exactly one way.
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
        return dict(_form_pairs(text, "The form"))
    try:
        value = json.loads(text, object_pairs_hook=_json_object) if text.strip(JSON_WHITESPACE) else {}
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON.") from None
    if not isinstance(value, dict):
        raise BadRequest("The body must be a JSON object.")
    return value


def text_field(fields: dict[str, object], name: str, max_characters: int = 1024) -> str | None:
    """Return a field that must be text. None if it is absent, null or empty.

    Raises:
        BadRequest: it is not text, or too long.
    """
    value = fields.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > max_characters:
        raise BadRequest(f"{name} must be text of at most {max_characters} characters.")
    return value


def _json_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest("The body names a field twice.")
    text = "".join([*found, *(value for value in found.values() if isinstance(value, str))])
    if "\0" in text:  # PostgreSQL cannot store it
        raise BadRequest("The body has a control character.")
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can express and UTF-8 cannot
        raise BadRequest("The body has text that is not Unicode.") from None
    return found


def _form_pairs(text: str, what: str) -> dict[str, str]:
    found: dict[str, str] = {}
    pieces = [piece for piece in text.split("&") if piece]
    if len(pieces) > _MAX_PAIRS:
        raise BadRequest(f"{what} has too many fields.")
    for piece in pieces:
        name, _, value = piece.replace("+", " ").partition("=")
        if "%" in piece:
            try:
                name, value = unquote_to_bytes(name).decode(), unquote_to_bytes(value).decode()
            except UnicodeDecodeError:
                raise BadRequest(f"{what} is not UTF-8.") from None
        if name in found:
            raise BadRequest(f"{what} names a field twice.")
        if has_control(name + value):
            raise BadRequest(f"{what} has a control character.")
        found[name] = value
    return found
