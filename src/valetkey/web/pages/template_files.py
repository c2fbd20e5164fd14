"""The popup's templates: those that ship, and those of an app (``VALETKEY_TEMPLATES``).

A placeholder is ``$name``. What a template needs to work must be there. What it may have has grown over time, so that a
template of an earlier version keeps working.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from string import Template

from ...errors import SettingsError, known_errors

SENTENCES_FILE = "errors.toml"

# For each template: the placeholders that it may have, and those that it must have.
_PLACEHOLDERS: dict[str, tuple[set[str], set[str]]] = {
    "begin.html": ({"app", "head", "icon", "provider", "continue_url"}, {"continue_url"}),
    "done.html": ({"app", "head", "nudge", "icon", "provider", "home"}, {"head", "nudge"}),
    "finishing.html": ({"app", "head"}, set()),
    "failed.html": (
        {"app", "head", "nudge", "icon", "message", "advice", "code", "hint", "explained_at", "open", "next"},
        {"head", "nudge", "message", "next"},
    ),
    "failed-address.html": ({"address"}, {"address"}),
    "failed-again.html": ({"start_url", "mode", "return_to", "icon", "provider"}, {"start_url", "mode", "return_to"}),
    "failed-close.html": (set(), set()),
    "failed-back.html": ({"back_url"}, {"back_url"}),
    "failed-here.html": ({"start_url", "icon", "provider"}, {"start_url"}),
}
_BLOCKED = re.compile(r"<style|\sstyle\s*=|\son\w+\s*=|<script(?![^>]*\ssrc\s*=)|javascript:", re.IGNORECASE)


class Split:
    """A template that is split at its placeholders once, and then filled in by joining its parts.

    Args:
        text: with placeholders ``$name``. ``$$`` is one dollar sign.
    """

    def __init__(self, text: str) -> None:
        # Between two placeholders there is a text, perhaps an empty one.
        self._texts: list[str] = [""]
        self._names: list[str] = []
        at = 0
        for hit in Template.pattern.finditer(text):
            self._texts[-1] += text[at : hit.start()]
            name, at = hit["named"] or hit["braced"], hit.end()
            if name is None:
                self._texts[-1] += "$"
            else:
                self._names.append(name)
                self._texts.append("")
        self._texts[-1] += text[at:]

    def text(self, values: Mapping[str, str]) -> str:
        """Return the text with these values.

        Raises:
            KeyError: there is no value for a placeholder.
        """
        first, *others = self._texts
        return first + "".join([values[name] + text for name, text in zip(self._names, others, strict=True)])

    def filled_in(self, values: Mapping[str, str]) -> Split:
        """Return the template with these values. The other placeholders stay."""
        first, *others = self._texts
        split = Split("")
        split._texts = [first]
        for name, text in zip(self._names, others, strict=True):
            if name in values:
                split._texts[-1] += values[name] + text
            else:
                split._names.append(name)
                split._texts.append(text)
        return split


def shipped_templates() -> dict[str, str]:
    """Return our templates by file name, as ``valetkey templates`` writes them."""
    directory = resources.files(__package__) / "templates"
    return {name: (directory / name).read_text(encoding="utf-8") for name in _PLACEHOLDERS}


def read_templates(directory: Path) -> dict[str, str]:
    """Return an app's templates by file name.

    Raises:
        SettingsError: one has a placeholder that does not exist, lacks one that it must have, or has something that the
            pages' policy blocks. The error names all such faults.
    """
    if not directory.is_dir():
        raise SettingsError("VALETKEY_TEMPLATES: there is no such directory.")
    found, faults = {}, []
    for file in sorted(directory.glob("*.html")):
        if file.name not in _PLACEHOLDERS:
            faults.append(f"{file.name}: there is no such page. There are {', '.join(_PLACEHOLDERS)}.")
            continue
        text = file.read_text(encoding="utf-8")
        faults += [f"{file.name}: {fault}" for fault in _template_faults(text, *_PLACEHOLDERS[file.name])]
        found[file.name] = text
    if faults:
        raise SettingsError("\n".join(f"VALETKEY_TEMPLATES, {fault}" for fault in faults))
    return found


def _template_faults(text: str, known: set[str], needed: set[str]) -> list[str]:
    if not Template(text).is_valid():
        return ["there is a single dollar sign. Write $$ for one."]
    named = set(Template(text).get_identifiers())
    faults = [f"${name} is not known here. There are {sorted(known)}." for name in sorted(named - known)]
    faults += [f"${name} is missing." for name in sorted(needed - named)]
    if _BLOCKED.search(text):
        faults.append("the page's policy blocks inline scripts and styles. Link to files on your own origin.")
    return faults


def read_sentences(file: Path) -> dict[str, str]:
    """Return an app's sentences by error code; none if there is no such file.

    Raises:
        SettingsError: the file has something else than sentences for known codes.
    """
    if not file.exists():
        return {}
    try:
        sentences = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as fault:
        raise SettingsError(f"VALETKEY_TEMPLATES, {SENTENCES_FILE}: {fault}") from None
    wrong = [code for code, text in sentences.items() if code not in known_errors() or not isinstance(text, str)]
    if wrong:
        raise SettingsError(
            f"VALETKEY_TEMPLATES, {SENTENCES_FILE}: not an error code with a sentence: {', '.join(wrong)}"
        )
    return sentences
