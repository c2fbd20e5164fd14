"""The demo app: one page, one route, and sign-in as in any Starlette app."""

from .app import create_app

__all__ = ["create_app"]
