"""Makes the reply of each user of the sandbox out of the one example that a developer writes down.

How this works. The example is a reply as the provider documents it. What a member is, its name says: an e-mail address
and its flag, a user name, a display name, a picture, a tenant. What is left is an id where the record takes it for one,
or where it is called so, and it gets another value of the same shape for each user. Everything else stays.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any

from ..sandbox.personas import Persona
from .watching import Path

_TENANT = re.compile(
    r"(tenant|team|workspace|org|organi[sz]ation|company|realm|enterprise|guild|portal|server|instance|tid|hd)"
    r"(_?(id|name|key|uuid|slug))?"
)
_EMAIL = re.compile(r".*mail.*")
_FLAG = re.compile(r".*(verif|confirm|valid).*")
_PICTURE = re.compile(r".*(picture|avatar|image|photo|portrait|thumbnail|icon).*")
_HANDLE = re.compile(r"login|handle|acct|slug|alias|(user|screen|nick|preferred_?user|global|short)_?(name)?")
_FIRST, _LAST = re.compile(r"(first|given)_?name"), re.compile(r"(last|family)_?name|surname")
_NAME = re.compile(r"(display|full|real|common|public)?_?name|cn")
_ID = re.compile(r"id|sub|guid|uuid|nsid|uid|key|number|.*(_id|Id|ID|_uuid|_nsid|_key)")
_ADDRESS = re.compile(r"https?://.*")


def reply_for(example: Any, persona: Persona, *, email: str | None, picture: str | None, ids: Collection[Path]) -> Any:
    """Return the example as the provider would send it for a user.

    Args:
        example: the reply.
        persona: the user.
        email: the address that the user shares.
        picture: the address of the user's picture.
        ids: the members that the record takes for the subject.
    """
    members = {"email": email, "picture": picture}

    def of(value: Any, path: Path) -> Any:
        if isinstance(value, Mapping):
            return {name: of(one, (*path, name)) for name, one in value.items()}
        if isinstance(value, list):
            return [of(one, (*path, number)) for number, one in enumerate(value)]
        return _member(value, path, persona, members, is_id=path in ids)

    return of(example, ())


def _member(value: Any, path: Path, persona: Persona, members: Mapping[str, Any], *, is_id: bool) -> Any:
    name = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
    lower = name.lower()
    if any(isinstance(part, str) and _TENANT.fullmatch(part.lower()) for part in path):
        return value if persona.tenant is None else _other_tenant(value, persona.tenant)
    if isinstance(value, bool) or value in ("true", "false"):
        return _flag(value, persona) if _FLAG.fullmatch(lower) else value
    if _EMAIL.fullmatch(lower) and (value is None or isinstance(value, str)):
        return members["email"]
    if value is None or isinstance(value, str):
        for pattern, shown in (
            (_PICTURE, members["picture"]),
            (_FIRST, persona.name.partition(" ")[0]),
            (_LAST, persona.name.partition(" ")[2]),
            (_HANDLE, persona.handle),
            (_NAME, persona.name),
        ):
            if pattern.fullmatch(lower):
                return shown or None
    if is_id or (_ID.fullmatch(name) and value is not None):
        return shaped(value, persona.user_id)
    return value


def _flag(value: object, persona: Persona) -> object:
    if isinstance(value, bool):
        return persona.email_verified
    return "true" if persona.email_verified else "false"


def _other_tenant(value: Any, tenant: str) -> Any:
    return value if value is None or isinstance(value, bool) or _is_address(value) else shaped(value, tenant)


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and _ADDRESS.fullmatch(value) is not None


def shaped(value: Any, seed: str) -> Any:
    """Return another value of the same shape: digits stay digits, and letters stay letters.

    Args:
        value: a number or a text.
        seed: of the user or the tenant; for a number and for a text of digits it is the value itself, if it is one.
    """
    number = int(seed) if seed.isascii() and seed.isdecimal() else int.from_bytes(sha256(seed.encode()).digest()[:7])
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number
    if not isinstance(value, str):
        return value
    if value.isascii() and value.isdecimal():
        return str(number)
    drawn = sha256(f"{seed} {len(value)}".encode()).hexdigest() * (1 + len(value) // 64)
    kept = re.match(r"[A-Za-z0-9.]*[:|_/]|[A-Za-z]?", value)  # such as "dbid:", "user_", or the U of U012AB3CD
    start, end = kept.end() if kept else 0, value.rfind("@") if "@" in value else len(value)
    is_hex = re.fullmatch(r"(?=.*[a-f])[0-9a-f\-]*", value[start:end]) is not None
    middle = "".join(_alike(char, digit, is_hex=is_hex) for char, digit in zip(value[start:end], drawn, strict=False))
    return value[:start] + middle + value[end:]


def _alike(char: str, digit: str, *, is_hex: bool) -> str:
    drawn = int(digit, 16)
    if is_hex and char != "-":
        return digit
    if char.isdecimal():
        return str(1 + drawn % 9)
    if char.isascii() and char.isalpha():
        return chr(ord("A" if char.isupper() else "a") + drawn)
    return char
