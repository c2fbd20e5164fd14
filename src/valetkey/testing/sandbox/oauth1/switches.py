"""What a test may change about one provider over OAuth 1.0a, while it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Switches:
    """The switches of one provider.

    Args:
        consumer_key, consumer_secret: of the one app that may use it. Both start with ``sandbox-``.
        lenient: accept what is wrong. None: as the sandbox's settings say.
        confirms: send ``oauth_callback_confirmed``.
        coop: the Cross-Origin-Opener-Policy of its pages. None: as the sandbox's settings say.
    """

    consumer_key: str
    consumer_secret: str
    lenient: bool | None = None
    confirms: bool = True
    coop: str | None = None

    def change(self, **switches: object) -> None:
        """Change some.

        Raises:
            ValueError: there is no such switch, or no such value.
        """
        for name, value in switches.items():
            if name not in self.__slots__:
                raise ValueError(f"no switch is called {name}; there are {', '.join(self.__slots__)}")
            if name in ("consumer_key", "consumer_secret") and not str(value).startswith("sandbox-"):
                raise ValueError("The sandbox takes keys that start with 'sandbox-' only.")
            setattr(self, name, value)
