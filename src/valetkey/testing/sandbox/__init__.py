"""The sandbox: an offline stand-in for X. It is a strict OAuth 1.0a provider that answers on this machine only.

It shares no code with valetkey's OAuth client, so that each tests the other. For every request that it refuses it says
exactly why, in the header ``X-Sandbox-Reason``.
"""

from .app import create_app
from .server import run, running
from .settings import SandboxSettings, environment

__all__ = ["SandboxSettings", "create_app", "environment", "run", "running"]
