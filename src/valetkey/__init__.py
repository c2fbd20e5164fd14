"""valetkey: sign-in through a popup for any Python web app."""

from .crypto import Secret
from .errors import SettingsError, SignInRefused, ValetkeyError
from .models import Account, Identity, Profile, Session
from .providers.base import Provider
from .settings import Settings

__all__ = [
    "Account",
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
