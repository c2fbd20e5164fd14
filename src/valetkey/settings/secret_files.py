"""Secrets in files: ``NAME_FILE`` is the path of a file with the value of ``NAME``, as containers provide secrets."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping

from ..providers.record.recipe import Recipe
from .faults import Faults
from .variables import GENERAL_SECRETS, secrets_of

UNREADABLE = "unusable"
"""The value of a secret whose file cannot be used, so that the other settings are checked all the same."""

_MAX_FILE_BYTES = 64 * 1024


def with_files(environ: Mapping[str, str], recipes: Iterable[Recipe], faults: Faults) -> Mapping[str, str]:
    """The environment, with the content of each ``NAME_FILE`` as the value of ``NAME``.

    One line end at the end of the file is removed, and nothing else: editors and ``echo`` add it.

    Args:
        environ: the environment.
        recipes: those of the app's providers. The files of others are not read.
        faults: takes a sentence for a file that cannot be used, and for a ``NAME`` that is set both ways.
    """
    read: dict[str, str] = {}
    for name in sorted(GENERAL_SECRETS.union(*map(secrets_of, recipes))):
        file = environ.get(f"{name}_FILE", "").strip()
        if not file:
            continue
        if environ.get(name, "").strip():
            faults.add(f"{name} and {name}_FILE are both set. Unset one of them.")
            continue
        read[name], fault = _content_of(file)
        if fault is not None:
            faults.add(f"{name}_FILE: the file {fault}.")
    return ChainMap(read, environ)  # type: ignore[arg-type]  # only read


def _content_of(file: str) -> tuple[str, str | None]:
    """A secret from a file, and what is wrong with the file."""
    try:
        with open(file, "rb") as opened:
            content = opened.read(_MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        return UNREADABLE, f"cannot be read ({reason or type(error).__name__})"
    if len(content) > _MAX_FILE_BYTES:
        return UNREADABLE, "is too large for a secret"
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return UNREADABLE, "is not text in UTF-8"
    value = text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
    return (value, None) if value.strip() else (UNREADABLE, "is empty")
