"""Reads a framework's configuration, such as Flask's ``app.config``, under the names of the variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from .faults import Faults
from .misspellings import misspelt, providers_in, unknown
from .variables import FILE_SUFFIX, PREFIX, variables_with

_SWITCH = "VALETKEY_SANDBOX"  # it may be True or False
_CALLBACK = re.compile(r"[A-Z][A-Z0-9]{0,31}_CALLBACK_URL")


def with_config(environ: Mapping[str, str], config: Mapping[str, object]) -> dict[str, str]:
    """The environment, overridden by what a framework's configuration says under the same names.

    In a configuration a list may be a list, a number may be a number, and None means that nothing is set.

    Args:
        environ: the environment.
        config: the configuration, with settings of other programs in it.

    Returns:
        What ``Settings.from_environment`` reads.

    Raises:
        SettingsError: names every ``VALETKEY_…`` that does not exist, and every value of the wrong type.
            ``Settings.from_environment`` finds the misspelt names of providers.
    """
    faults, merged = Faults(), dict(environ)
    listed = config.get("VALETKEY_PROVIDERS") or environ.get("VALETKEY_PROVIDERS", "")
    known = variables_with(",".join(map(str, _parts_of(listed))))
    providers = providers_in(known)
    for name, value in config.items():
        is_ours = name in known
        if not is_ours and name.startswith(PREFIX):
            faults.add(unknown(name, misspelt(name, known)))
        if value is None:
            continue
        if not (is_ours or _CALLBACK.fullmatch(name)):
            if name.partition("_")[0] in providers:
                merged[name] = ""  # for check_environment, which knows what providers the app has
            continue
        if name == _SWITCH and isinstance(value, bool):
            value = int(value)
        parts = _parts_of(value)
        if all(isinstance(part, (str, int, float, Path)) and not isinstance(part, bool) for part in parts):
            merged[name] = ",".join(str(part) for part in parts)
            other = name.removesuffix(FILE_SUFFIX) if name.endswith(FILE_SUFFIX) else f"{name}{FILE_SUFFIX}"
            if config.get(other) is None and other in known and merged[name]:
                merged.pop(other, None)  # the configuration counts more, whichever of the two ways it uses
        elif is_ours:
            faults.add(f"{name}: give text, a number, or a list of texts.")
    faults.raise_any()
    return merged


def _parts_of(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
