"""An OpenID server that each app names by its issuer, because every company has its own."""

from __future__ import annotations

from typing import ClassVar

from ..settings import SandboxSettings
from .front import OpenIDFront


class ByIssuer(OpenIDFront):
    """A server that an app names by its issuer.

    Attributes:
        issuer_path: below ``path``: a slash, if the issuer ends in one, or what stands between the server and the
            metadata.
    """

    site = ""  # each app names its issuer
    issuer_path: ClassVar[str] = ""

    @property
    def issuer(self) -> str:
        return f"{self.base}{self.issuer_path}"

    @classmethod
    def environment(cls, settings: SandboxSettings) -> dict[str, str]:
        issuer = f"{settings.origin}{cls.path}{cls.issuer_path}"
        return {f"{cls.prefix()}_ISSUER": issuer, **cls.client_variables()}
