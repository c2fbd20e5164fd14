"""What the sandbox knows of each front: one provider, below one path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from .messages import Route


class Front(Protocol):
    """A provider that the sandbox plays."""

    @property
    def name(self) -> str:
        """The provider's name in the sandbox."""
        ...

    @property
    def title(self) -> str:
        """The provider's title, for pages."""
        ...

    @property
    def path(self) -> str:
        """Where the provider is in the sandbox, such as ``/google``. Empty for the root."""
        ...

    @property
    def secrets(self) -> list[str]:
        """The secrets that the clients have from the start."""
        ...

    def routes(self) -> list[Route]:
        """Return the routes, with their complete paths."""
        ...

    def approve(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Approve or cancel a login, as a user does on the page.

        Args:
            asked: ``url``, the address that the user is sent to; then ``persona``, or ``user_id`` and more about a
                user of the test's own, or ``cancel``.

        Returns:
            ``callback``, the address that the browser is sent to; with ``form``, if it posts one there.

        Raises:
            ValueError: the provider would show an error page, or there is no such user.
        """
        ...

    def subject(self, user: Mapping[str, Any]) -> str:
        """Return the id by which the provider calls a user.

        Raises:
            ValueError: there is no such user.
        """
        ...


def front_at(fronts: Sequence[Front], url: str) -> Front:
    """Return the front that an address belongs to.

    Raises:
        ValueError: none is there.
    """
    path = urlsplit(url).path
    for front in sorted(fronts, key=lambda one: -len(one.path)):
        if path.startswith(f"{front.path}/"):
            return front
    raise ValueError(f"no provider is at {path}")
