"""What the sandbox knows of each front: one provider, below one path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

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
                user of the test's own, or ``cancel``; and ``spent``, if the code or the verifier was used before.

        Returns:
            ``callback``, the address that the browser is sent to; with ``form``, if it posts one there. Empty if the
            provider sends nobody back who cancels.

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


class Fronts(Protocol):
    """The fronts of one sandbox. Each is made when it is first asked for."""

    @property
    def made(self) -> Sequence[Front]:
        """Those that were asked for until now."""
        ...

    @property
    def secrets(self) -> Sequence[str]:
        """The secrets that the clients have from the start, at each front that was asked for or not."""
        ...

    def every(self) -> Sequence[Front]:
        """Make all of them."""
        ...

    def named(self, name: str) -> Front:
        """Return one.

        Raises:
            ValueError: the sandbox plays no such provider.
        """
        ...

    def at(self, url: str) -> Front:
        """Return the one that an address belongs to.

        Raises:
            ValueError: none is there.
        """
        ...
