"""Changes what a provider says about its users, while it runs: a test has an id removed, or a name of another type.

How this works. An alteration names members by their paths. It changes each reply that has the path, so that an ID token
and UserInfo still name the same user. A path is a text such as ``data.user.0.id``, or a list of its parts where a name
has a dot in it.

    {"set": [["data.user.id", null]], "remove": ["email"], "rename": [["sub", "subject"]]}
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, TypeAlias

Path: TypeAlias = str | Sequence[str | int]

_KINDS = {"set": 2, "remove": 0, "rename": 2}


def check_alteration(alteration: Mapping[str, Any]) -> None:
    """Check what a test has ordered.

    Raises:
        ValueError: there is no such alteration.
    """
    for kind, entries in alteration.items():
        if kind not in _KINDS or not isinstance(entries, list):
            raise ValueError(f"alter_profile has lists under {', '.join(_KINDS)}, and no {kind}")
        if any(_KINDS[kind] and (not isinstance(one, list) or len(one) != _KINDS[kind]) for one in entries):
            raise ValueError(f"each entry of {kind} is a list of two: a path, and what to {kind} it to")


def altered(alteration: Mapping[str, Any], value: Any) -> Any:
    """Return a copy of a reply, changed where it has the paths of an alteration."""
    if not alteration:
        return value
    changed = deepcopy(value)
    for kind, entries in alteration.items():
        for entry in entries:
            path, new = entry if _KINDS[kind] else (entry, None)
            place, key = _found(changed, path)
            if key is None:
                continue
            if kind == "set":
                place[key] = new
            elif kind == "rename":
                place[new] = place.pop(key)
            else:
                del place[key]
    return changed


def altered_json(alteration: Mapping[str, Any], text: str) -> str:
    """Return a JSON text, changed in the same way. A text that is no JSON stays."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return json.dumps(altered(alteration, value))


def _found(value: Any, path: Path) -> tuple[Any, Any]:
    """Return what holds the member of a path, and its key there. The key is None if there is no such member."""
    *above, last = path.split(".") if isinstance(path, str) else path
    for part in above:
        found = _key(value, part)
        if found is None:
            return None, None
        value = value[found]
    return value, _key(value, last)


def _key(value: Any, part: str | int) -> str | int | None:
    """Return the key of a member. None if there is none."""
    if isinstance(value, dict):
        return str(part) if str(part) in value else None
    if isinstance(value, list):
        return next((at for at in range(len(value)) if str(at) == str(part)), None)
    return None
