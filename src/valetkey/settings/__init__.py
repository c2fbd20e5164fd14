"""The configuration of an app: what it may say, how it is read, and what is checked before anything runs.

Every address that valetkey uses comes from here. A start names everything that is missing or wrong, with the variable's
name and never its value.
"""

from .addresses import LOOPBACK_HOSTS, origin_of
from .checks import tests_sandboxes
from .model import Settings

__all__ = ["LOOPBACK_HOSTS", "Settings", "origin_of", "tests_sandboxes"]
