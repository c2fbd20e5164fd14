"""How a provider looks on a button: its icon and its colors, checked when they are written down.

The browser module draws both from ``GET /auth/providers``, and the popup's pages draw the icon. So nothing here may be
more than a shape and a color: no markup, no address, no style sheet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...errors import SettingsError

_MAX_ICON_CHARACTERS = 4096
# The commands and numbers of an SVG path (SVG 2 §9.3.9), in ASCII. A path begins with a "moveto". This says which
# characters a path has, not that the path is drawn to its end: a browser draws it up to the first error.
_PATH = re.compile(r"[Mm][MmZzLlHhVvCcSsQqTtAa0-9eE+\-., \n]*")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Colors:
    """The colors of a provider's button.

    Args:
        light: background and foreground on a light page, each ``#rrggbb``.
        dark: the same on a dark page.

    Raises:
        SettingsError: something is not two colors of the form ``#rrggbb``.
    """

    light: tuple[str, str]
    dark: tuple[str, str]

    def __post_init__(self) -> None:
        for name, pair in (("light", self.light), ("dark", self.dark)):
            if not (
                isinstance(pair, tuple)
                and len(pair) == 2
                and all(isinstance(one, str) and _COLOR.fullmatch(one) for one in pair)
            ):
                raise SettingsError(
                    f"colors: {name} must be background and foreground, such as ('#0063dc', '#ffffff')."
                )


def icon_fault(icon: object) -> str | None:
    """What is wrong with an icon.

    Args:
        icon: the ``d`` attribute of one SVG path in a view box of 24 by 24 units; None for no icon.

    Returns:
        A sentence, or None where the icon can be drawn.
    """
    if icon is None:
        return None
    if not isinstance(icon, str) or not _PATH.fullmatch(icon) or len(icon) > _MAX_ICON_CHARACTERS:
        return (
            "icon must be the d attribute of one SVG path, for a view box of 24 by 24 units, such as 'M4 4h16v16H4z': "
            f"path commands and numbers only, at most {_MAX_ICON_CHARACTERS} characters."
        )
    return None
