"""The demo: one page, one route of its own, and the sign-in of any Starlette app."""

from .app import create_app

__all__ = ["create_app"]
