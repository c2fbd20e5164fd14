"""The public models cannot be changed: the session cache shows one ``Session`` to many requests of an app."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest

from valetkey.models import Account, Device, Identity, Profile, Session

IDENTITY = Identity(provider="acme", subject="1")
ACCOUNT = Account(id="a", name="A", picture=None, identities=(IDENTITY,))
MODELS = (
    Profile(subject="1"),
    IDENTITY,
    ACCOUNT,
    Session(id="s", account=ACCOUNT, login_id="l", opened_at=1.0, expires_at=2.0),
    Device(id="s", opened_at=1.0, seen_at=1.0, expires_at=2.0, device_name=None, network=None),
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_no_field_can_be_set(model: Account | Device | Identity | Profile | Session) -> None:
    for field in fields(model):
        with pytest.raises(FrozenInstanceError):
            setattr(model, field.name, "other")
        with pytest.raises(FrozenInstanceError):
            delattr(model, field.name)
