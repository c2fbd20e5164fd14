"""What a provider demands beside the protocol: parameters, headers, and what the callback had (``quirks``)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..messages import Request
from .bearer import BearerRefused, require_scope
from .grants import AccessToken, Code
from .refusals import Refusal

if TYPE_CHECKING:
    from .facts import Facts


def check_authorization(front: Facts, query: Mapping[str, str]) -> None:
    """Check what the authorization request must have.

    Raises:
        Refusal: something is missing, or has another value.
    """
    if (fault := _parameter_fault(front.required_parameters, query)) is not None:
        raise Refusal("invalid_request", fault)


def check_exchange(front: Facts, code: Code, form: Mapping[str, str], request: Request) -> None:
    """Check what the token request must have.

    Raises:
        Refusal: something is missing, or has another value.
    """
    returned = {name: code.sent.get(name, "") for name in front.returned_parameters}
    missing = next((name for name in returned if not form.get(name)), None)
    fault = f"no {missing}, which the callback had" if missing is not None else None
    fault = fault or _parameter_fault({**front.required_token_parameters, **returned}, form)
    fault = fault or _header_fault(front.required_headers, request)
    if fault is not None:
        raise Refusal("invalid_request", fault)


def check_profile(front: Facts, access: AccessToken, request: Request, body: bytes) -> None:
    """Check what the request for the profile must have.

    Raises:
        BearerRefused: something is missing, or has another value.
    """
    if front.profile_scopes:
        require_scope(access, *front.profile_scopes)
    fault = _header_fault({**front.required_headers, **front.required_profile_headers}, request)
    fault = fault or _parameter_fault(front.profile_parameters, request.query_params)
    if fault is None and front.profile_query:
        fault = _query_fault(front.profile_query, request, body)
    if fault is not None:
        raise BearerRefused("invalid_request", fault, 400)


def _parameter_fault(required: Mapping[str, str], given: Mapping[str, str]) -> str | None:
    for name, value in required.items():
        if not given.get(name):
            return f"no {name}"
        if value and given[name] != value:
            return f"{name} is {given[name]!r}, not {value!r}"
    return None


def _header_fault(required: Mapping[str, str], request: Request) -> str | None:
    for name, pattern in required.items():
        if re.fullmatch(pattern, request.headers.get(name, "")) is None:
            return f"the header {name} must match {pattern}; it is {request.headers.get(name)!r}"
    return None


def _query_fault(pattern: str, request: Request, body: bytes) -> str | None:
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        return "the body must be application/json"
    try:
        query = json.loads(body)["query"]
    except (ValueError, KeyError, TypeError):
        return "the body must be a JSON object with query"
    return None if re.fullmatch(pattern, str(query)) else f"query must match {pattern}"
