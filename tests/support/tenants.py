"""P as Microsoft: one base, and below it tenants whose issuers differ (``VALETKEY_MICROSOFT_BASE``)."""

from __future__ import annotations

import uuid

from .hostile import Hostile

CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"  # the tenant of every personal account
CONTOSO, FABRIKAM = str(uuid.UUID(int=0xC0)), str(uuid.UUID(int=0xFA))


def base(p: Hostile) -> str:
    return f"{p.origin}/ms"


def microsoft_variables(p: Hostile, tenant: str | None = None) -> dict[str, str]:
    """An app's variables for Microsoft at P.

    Args:
        tenant: ``MICROSOFT_TENANT``.
    """
    p.metadata = {"issuer": base(p) + "/{tenantid}/v2.0"}
    return {
        "MICROSOFT_CLIENT_ID": p.client_id,
        "MICROSOFT_CLIENT_SECRET": p.client_secret,
        "VALETKEY_MICROSOFT_BASE": base(p),
        **({"MICROSOFT_TENANT": tenant} if tenant else {}),
    }


def of_tenant(p: Hostile, tid: str, **more: object) -> dict[str, object]:
    """The claims by which Microsoft names a tenant, and an object in it. Every call is another person."""
    return {"iss": f"{base(p)}/{tid}/v2.0", "tid": tid, "oid": str(uuid.uuid4()), **more}
