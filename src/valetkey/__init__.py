"""valetkey: sign-in through a popup for any Python web app."""

from .errors import SettingsError, SignInRefused, ValetkeyError
from .model import Account, Identity, Profile, Secret, Session
from .provider import Provider
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
