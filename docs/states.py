"""Writes the states of a login into docs/architecture.md, from ``valetkey.login.states``: ``./run docs``.

The picture and both tables stand between two marks, and are replaced as a whole. tests/house/test_states.py checks
that the page is up to date.
"""

from __future__ import annotations

import re
from pathlib import Path

from valetkey.login.states import STATES, TRANSITIONS, Cookie, Event, State, Step

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- states -->", "<!-- /states -->"

# They may happen in many states, and would hide everything else in the picture.
EVERYWHERE = (Event.SIGN_OUT, Event.CALLBACK_AGAIN, Event.COLLECT)

INTRODUCTION = """\
`login/states.py` is the one table of these states, and `./run docs` writes this section from it. A state follows from
what is sealed in the login's cookie and from the claim in the database. The picture leaves out what can happen almost
everywhere: a sign-out, the same callback once more, and the page that collects; they are in the table below it.
"""

STATES_TEXT = """\
The status that a page gets. A page on another site has no cookie to show. It shows its verifier, and learns what the
claim alone says.
"""

EVENTS_TEXT = """\
What leads from one state to the next, and what it does to the login's cookie. *Replace* seals the new attempt, the
failure or the pending link in its place. *Hand over* clears it and sets the session's; a page that collects a token or
a link needs it until then. With a relay page a pending link travels to that page, and the cookie is cleared. A listed
page redeems its one-time code with the cookie, which is cleared then and not before. What is not in this table cannot
happen.
"""


def picture() -> str:
    """The states as a Mermaid diagram."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {State.NONE.value}"]
    for (state, event), step in TRANSITIONS.items():
        if event not in EVERYWHERE and step.next is not state:
            lines.append(f"    {state.value} --> {step.next.value}: {event.value}")
    return "\n".join([*lines, "```"]) + "\n"


def states_table() -> str:
    """Each state with its public status."""
    rows = ["| state | meaning | with its cookie | with its verifier |", "|---|---|---|---|"]
    for state, facts in STATES.items():
        by_verifier = facts.by_verifier or facts.status
        rows.append(f"| {state.value} | {facts.meaning} | `{facts.status}` | `{by_verifier}` |")
    return "\n".join(rows) + "\n"


def events_table() -> str:
    """Each transition; those of the same event with the same effect share a row."""
    rows: dict[tuple[Event, str, Cookie], list[str]] = {}
    for (state, event), step in sorted(TRANSITIONS.items(), key=_by_event):
        leads_to = "the same" if step.next is state else step.next.value
        rows.setdefault((event, leads_to, step.cookie), []).append(state.value)
    lines = ["| event | in state | leads to | the cookie |", "|---|---|---|---|"]
    for (event, leads_to, cookie), states in rows.items():
        lines.append(f"| {event.value} | {', '.join(states)} | {leads_to} | {cookie.value} |")
    return "\n".join(lines) + "\n"


def _by_event(entry: tuple[tuple[State, Event], Step]) -> int:
    return list(Event).index(entry[0][1])


def page(text: str) -> str:
    """docs/architecture.md with this section."""
    parts = (INTRODUCTION, picture(), STATES_TEXT, states_table(), EVENTS_TEXT, events_table())
    section = f"{BEGIN}\n" + "\n".join(parts) + END
    found = rf"{BEGIN}(?:.*?{END})?"
    return re.sub(found, lambda _: section, text, count=1, flags=re.DOTALL)


def main() -> None:
    PAGE.write_text(page(PAGE.read_text()))
    print(PAGE.relative_to(ROOT))


if __name__ == "__main__":
    main()
