"""The base class of all errors, and the lookup from a code to its class."""

from __future__ import annotations

from typing import ClassVar


class ValetkeyError(Exception):
    """The base class of every error that valetkey raises on purpose.

    Args:
        hint: what is wrong and how to fix it, for the developer. It replaces the class's own hint.
        retry_after_seconds: when it is worth trying again. It replaces the class's own value.

    Attributes:
        code: a stable name in lower case and underscores. Programs compare it; it never changes.
        status: the HTTP status of the answer.
        message: one sentence for the user.
        hint: one or more sentences for the developer.
        retry_after_seconds: the value of ``Retry-After``; None where waiting does not help.
        developer: whether the app's developer must act. A page shows the hint at once then, and its window stays open.
        advice: what the user can do next, in one sentence, for the page that shows the message. Empty if the message
            says it.
        can_retry: whether the same sign-in can succeed if the user starts it again.
    """

    code: str = "internal_error"
    status: ClassVar[int] = 500
    message: str = "Something went wrong on our side."
    hint: str = "The server's log has the traceback."
    retry_after_seconds: int | None = None
    developer: ClassVar[bool] = False
    advice: ClassVar[str] = ""
    can_retry: ClassVar[bool] = False

    def __init__(self, hint: str | None = None, *, retry_after_seconds: int | None = None) -> None:
        self.hint = hint or self.hint
        self.retry_after_seconds = retry_after_seconds or self.retry_after_seconds
        super().__init__(f"{self.code}: {self.hint}")


def known_errors() -> dict[str, type[ValetkeyError]]:
    """Return every code with the class that defines it.

    A login stores or seals only the code of its failure. This table finds the status and the sentences again.
    """
    found: dict[str, type[ValetkeyError]] = {}
    to_visit: list[type[ValetkeyError]] = [ValetkeyError]
    while to_visit:
        kind = to_visit.pop()
        to_visit.extend(kind.__subclasses__())
        # Only the class that defines the code counts. A subclass may inherit it.
        if "code" in vars(kind):
            found[kind.code] = kind
    return found
