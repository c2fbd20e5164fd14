"""A chart of medians with their spread, as SVG: one row a program. It follows the reader's light or dark colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LABELS, FIGURES, ROW, TOP, BOTTOM = 860, 250, 150, 26, 44, 34
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600; font-size: 15px }
.tick, .axis { fill: #57606a; font-size: 11px }
.ours { color: #0969da } .bare { color: #57606a } .other { color: #bc4c00 }
circle { fill: currentColor } line { stroke: currentColor } .grid { stroke: #d0d7de }
.goal { stroke: #1a7f37; stroke-width: 2; stroke-dasharray: 3 2 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .tick, .axis { fill: #9198a1 } .grid { stroke: #3d444d }
.ours { color: #4493f8 } .bare { color: #9198a1 } .other { color: #f0883e }
.goal { stroke: #3fb950 } }
"""


@dataclass(frozen=True)
class Row:
    """A dot from ``low`` to ``high``. ``kind`` is ``ours``, ``bare`` or ``other``; ``goal`` is a mark of its own."""

    label: str
    value: float
    low: float
    high: float
    kind: str
    figure: str
    goal: float | None = None


def chart(title: str, axis: str, rows: Sequence[Row], ticks: Sequence[float], *, logarithmic: bool = False) -> str:
    """The whole file. The axis goes from the first tick to the last."""
    left, right = LABELS, WIDTH - FIGURES
    scale = math.log10 if logarithmic else float
    first, last = scale(ticks[0]), scale(ticks[-1])

    def x(value: float) -> float:
        at = (scale(value) - first) / (last - first)
        return round(left + (right - left) * min(max(at, 0), 1), 1)

    height = TOP + ROW * len(rows) + BOTTOM
    bottom = height - BOTTOM + 4
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<text class="title" x="12" y="24">{escape(title)}</text>',
    ]
    for tick in ticks:
        drawn.append(f'<line class="grid" x1="{x(tick)}" x2="{x(tick)}" y1="{TOP - 6}" y2="{bottom}"/>')
        drawn.append(f'<text class="tick" x="{x(tick)}" y="{bottom + 14}" text-anchor="middle">{tick:g}</text>')
    drawn.append(f'<text class="axis" x="{WIDTH - 12}" y="{bottom + 14}" text-anchor="end">{escape(axis)}</text>')
    for number, row in enumerate(rows):
        y = TOP + ROW * number + ROW // 2
        drawn.append(f'<text x="{left - 14}" y="{y + 4}" text-anchor="end">{escape(row.label)}</text>')
        if row.goal is not None:
            drawn.append(f'<line class="goal" x1="{x(row.goal)}" x2="{x(row.goal)}" y1="{y - 9}" y2="{y + 9}"/>')
        spread = f'x1="{x(row.low)}" x2="{x(row.high)}" y1="{y}" y2="{y}" stroke-width="3" stroke-opacity=".45"'
        drawn.append(f'<line class="{row.kind}" {spread}/>')
        drawn.append(f'<circle class="{row.kind}" cx="{x(row.value)}" cy="{y}" r="5"/>')
        drawn.append(f'<text x="{right + 14}" y="{y + 4}">{escape(row.figure)}</text>')
    return "\n".join([*drawn, "</svg>", ""])
