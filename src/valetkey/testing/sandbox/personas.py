"""The users of the sandbox. Each is made up to test one property, and named after it."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A user of the sandbox.

    Args:
        user_id: the immutable id.
        handle: the user name.
        name: the display name.
        email: None if the user has none.
        picture: whether the user has one.
        suspended: the profile cannot be read.
    """

    user_id: str
    handle: str
    name: str
    email: str | None = None
    picture: bool = True
    suspended: bool = False

    def listed(self) -> dict[str, object]:
        """Return the fields for the control's JSON."""
        return asdict(self)


PERSONAS = (
    Persona(user_id="9000000000000000001", handle="ada", name="Ada Example", email="ada@example.com"),
    Persona(user_id="9000000000000000002", handle="bare", name="Bare Minimum", picture=False),
    Persona(user_id="9000000000000000003", handle="rtl", name="شخص من اليمين", email="rtl@example.com"),
    Persona(
        user_id="9000000000000000004",
        handle="longname",
        name="A Display Name That Has Exactly Fifty Characters!!",
        email="longname@example.com",
    ),
    Persona(user_id="9000000000000000005", handle="suspended", name="Suspended Account", suspended=True),
)


def picture(persona: Persona) -> bytes:
    """Return a picture as SVG: a square with the first letter of the handle."""
    hue = sum(persona.handle.encode()) * 37 % 360
    letter = persona.handle[:1].upper() if persona.handle[:1].isalnum() else "?"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><rect width="96" height="96" '
        f'fill="hsl({hue} 45% 38%)"/><text x="48" y="64" font-family="system-ui,sans-serif" font-size="46" '
        f'font-weight="600" text-anchor="middle" fill="#fff">{letter}</text></svg>'
    ).encode()
