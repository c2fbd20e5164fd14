"""The sandbox: offline stand-ins for X, Google, GitHub and other providers. It answers on this machine only.

One process plays them all. X over OAuth 1.0a is at the root; each other provider has a path of its own, such as
``/google``. They are strict, and they share no code with valetkey's clients, so that each tests the other. For every
request that the sandbox refuses it says exactly why, in the header ``X-Sandbox-Reason``.
"""

from .played import CATALOGUE, PROVIDERS, environment, environment_of
from .server import run, running
from .settings import SandboxSettings

__all__ = ["CATALOGUE", "PROVIDERS", "SandboxSettings", "environment", "environment_of", "run", "running"]
