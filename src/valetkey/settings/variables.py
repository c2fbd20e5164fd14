"""The names of the variables that are read, and slips in them: a misspelt one would be a setting that does nothing."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from ..errors import SettingsError

log = logging.getLogger("valetkey")

NEEDED = ("TWITTER_CONSUMER_KEY", "TWITTER_CONSUMER_SECRET", "TWITTER_CALLBACK_URL", "VALETKEY_SECRET")
VARIABLES = frozenset(
    {
        *NEEDED,
        "VALETKEY_COOKIE",
        "VALETKEY_DATABASE",
        "VALETKEY_DELIVERY",
        "VALETKEY_IDLE_DAYS",
        "VALETKEY_ORIGINS",
        "VALETKEY_PROXIES",
        "VALETKEY_RELAY",
        "VALETKEY_SESSION_DAYS",
        "VALETKEY_START_LIMIT",
        "VALETKEY_TEMPLATES",
        "VALETKEY_TWITTER_API",
        "VALETKEY_TWITTER_BROWSER",
    }
)

_OURS = re.compile(r"(VALETKEY|TWITTER(?=_(CONSUMER|CALLBACK)))_")
_PREFIXES = re.compile(r"^(VALETKEY_)?(TWITTER_)?")


def slips(environ: Mapping[str, str]) -> list[str]:
    """A name that is nearly one of ours is a slip, and would be a setting that does nothing.

    Other names with our prefix are only mentioned. They may be somebody else's: Kubernetes makes such variables itself,
    in every pod, of a Service that is called valetkey.
    """
    by_rest = {_PREFIXES.sub("", name): name for name in sorted(VARIABLES)}
    faults, others = [], []
    for name in sorted(name for name in environ if _OURS.match(name) and name not in VARIABLES):
        near = get_close_matches(_PREFIXES.sub("", name), by_rest, n=1, cutoff=0.8)
        if near:
            faults.append(f"Unknown: {name}. Did you mean {by_rest[near[0]]}?")
        else:
            others.append(name)
    if others:
        log.warning("not settings of ours, and not read: %s", ", ".join(others))
    return faults


def with_config(environ: Mapping[str, str], config: Mapping[str, object]) -> dict[str, str]:
    """The environment, and over it what a framework's own configuration says by the same names.

    There a list may be a list, a number a number, and None is as good as not said.

    Raises:
        SettingsError: names every ``VALETKEY_…`` that is none of ours, and what is of no use as a value.
    """
    faults, said = [], dict(environ)
    for name, value in config.items():
        if name.startswith("VALETKEY_") and name not in VARIABLES:
            near = get_close_matches(name, VARIABLES, 1)
            faults.append(f"{name}: there is no such setting." + (f" Is {near[0]} meant?" if near else ""))
        if name not in VARIABLES or value is None:
            continue
        parts = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
        if all(isinstance(part, (str, int, float, Path)) and not isinstance(part, bool) for part in parts):
            said[name] = ",".join(str(part) for part in parts)
        else:
            faults.append(f"{name}: give text, a number, or a list of texts.")
    if faults:
        raise SettingsError("\n".join(faults))
    return said
