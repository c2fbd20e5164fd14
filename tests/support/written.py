"""Code out of the documentation: a block marked ``<!-- run: NAME -->`` is what a test writes to a file of that name."""

from __future__ import annotations

import re
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
_MARKED = re.compile(r"<!-- run: (\S+) -->\n```\w+\n(.+?)```", re.DOTALL)


def blocks_of(page: str) -> dict[str, str]:
    """The marked blocks of a page, by their names."""
    found: list[tuple[str, str]] = _MARKED.findall((ROOT / page).read_text())
    blocks = dict(found)
    assert len(blocks) == len(found), "two blocks have one name"
    return blocks


@cache
def written(page: str) -> Path:
    """A directory with the marked blocks of a page in it, as files."""
    directory = Path(tempfile.mkdtemp(prefix="valetkey-written-"))
    for name, text in blocks_of(page).items():
        (directory / name).write_text(text)
    return directory
