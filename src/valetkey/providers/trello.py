"""Trello, over OAuth 1.0a (developer.atlassian.com/cloud/trello/guides/rest-api/authorization)."""

from dataclasses import replace
from typing import Any

from .record import Colors, Fields, OAuth1Record
from .record.provider import Provider
from .record.recipe import Variable

trello = OAuth1Record(
    name="trello",
    title="Trello",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M21.15 0H2.85A2.86 2.86 0 0 0 0 2.85v18.3A2.86 2.86 0 0 0 2.85 24h18.3A2.86 2.86 0 0 0 24 21.15V2.85A2.86 2.86"
        " 0 0 0 21.15 0M10.34 17.29a.95.95 0 0 1-.95.95h-4a.95.95 0 0 1-.96-.95V5.38a.95.95 0 0 1 .96-.95h4a.95.95 0 0 "
        "1 .95.95zm9.23-5.47a.94.94 0 0 1-.95.95h-4a.95.95 0 0 1-.95-.95V5.38a.95.95 0 0 1 .95-.95h4a.95.95 0 0 1 .95.9"
        "5z"
    ),
    colors=Colors(light=("#0052cc", "#ffffff"), dark=("#0052cc", "#ffffff")),  # atlassian.design/foundations/logos
    request_token_url="https://trello.com/1/OAuthGetRequestToken",
    authorize_url="https://trello.com/1/OAuthAuthorizeToken",
    access_token_url="https://trello.com/1/OAuthGetAccessToken",
    # The smallest scope, for the shortest time.
    authorize_parameters={"scope": "read", "expiration": "1hour"},
    profile_url="https://api.trello.com/1/members/me?fields=id,username,fullName",
    fields=Fields(subject="id", handle="username", name="fullName"),
)


def named(*, app_name: str | None = None, **keys: Any) -> Provider:
    """Trello as a provider.

    Args:
        app_name: the app's name on Trello's page. Without it, the page says "an unknown application".
        keys: the arguments of the record.
    """
    parameters = trello.authorize_parameters if app_name is None else {**trello.authorize_parameters, "name": app_name}
    return replace(trello, authorize_parameters=parameters)(**keys)


RECIPE = trello.recipe(
    keys_from="https://trello.com/power-ups/admin",
    steps=(
        "Make a Power-Up, and choose *Generate a new API Key* in its tab *API Key*.",
        'Add the origin of your app under *Allowed Origins*. Without it, Trello says "Invalid return_url".',
        "Copy the *API Key* as the consumer key and the *Secret* as the consumer secret.",
        'Set `TRELLO_APP_NAME` to the name of your app. Without it, Trello\'s page says "an unknown application".',
    ),
    notes=(
        "Trello's smallest scope, `read`, lets an app read all boards of the user. valetkey asks for it for one hour, "
        "and uses it once, for the profile.",
        "Trello gives out an e-mail address only with the scope `account`, which also lets an app change the "
        "user's data. valetkey does not ask for it.",
        "Since September 2026 Trello has OAuth 2.0 as well, with smaller scopes. valetkey uses OAuth 1.0a, whose end "
        "Trello has not announced.",
    ),
    unverified=("No page says how Trello sends back a user who refuses.",),
    make=named,
    more=(Variable("TRELLO_APP_NAME", "app_name", "text", about="the name of your app on Trello's page"),),
)
