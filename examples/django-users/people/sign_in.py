from functools import partial

from valetkey import Identity, SignInRefused
from valetkey.frameworks.django.users import get_or_create_user

from .models import Person


def resolve_account(identity: Identity, account_id: str) -> Person:
    """valetkey calls it at every sign-in, before the session opens, maybe twice at once for the same account."""
    if identity.handle == "suspended":
        raise SignInRefused("banned", "You have been banned here.")
    person = get_or_create_user(account_id, partial(register, identity))
    if person.nickname != identity.handle:
        person.nickname = identity.handle or "somebody"
        person.save(update_fields=["nickname"])
    return person


def register(identity: Identity) -> Person:
    person = Person(nickname=identity.handle or "somebody")
    person.set_unusable_password()
    person.save()
    return person
