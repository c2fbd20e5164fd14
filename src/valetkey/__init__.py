"""valetkey: sign-in through a popup for any Python web app."""

from typing import TYPE_CHECKING

from .crypto import Secret
from .errors import AccountNotFound, SettingsError, SignInRefused, ValetkeyError
from .models import Account, Device, Identity, Profile, Session
from .providers.record.provider import Provider
from .settings import Settings

if TYPE_CHECKING:
    from .sessions.admin import Admin, AsyncAdmin

__all__ = [
    "Account",
    "AccountNotFound",
    "Admin",
    "AsyncAdmin",
    "Device",
    "Identity",
    "Profile",
    "Provider",
    "Secret",
    "Session",
    "Settings",
    "SettingsError",
    "SignInRefused",
    "ValetkeyError",
]


def __getattr__(name: str) -> object:
    """Load what needs the database at its first use, so that ``import valetkey`` stays quick (PEP 562)."""
    if name in ("Admin", "AsyncAdmin"):
        from .sessions import admin

        return getattr(admin, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
