"""An offline X: a strict OAuth 1.0a provider for this machine alone, with its own verifier.

It shares no code with the client, so that each tests the other, and says of every refused request exactly why.
"""

from .app import create_app
from .server import run, running
from .settings import SandboxSettings, environment

__all__ = ["SandboxSettings", "create_app", "environment", "run", "running"]
