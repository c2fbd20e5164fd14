"""Reads the reply to a profile request: JSON, XML or a signed token."""

from .reply import ProfileFormat, read_profile

__all__ = ["ProfileFormat", "read_profile"]
