"""Strava, over OAuth 2.0 (developers.strava.com/docs/authentication)."""

from .record import Colors, Fields, OAuth2Record, number

strava = OAuth2Record(
    name="strava",
    title="Strava",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M15.387 17.944l-2.089-4.116h-3.065L15.387 24l5.15-10.172h-3.066m-7.008-5.599l2.836 5.598h4.172L10.463 0l-7 1"
        "3.828h4.169"
    ),
    colors=Colors(light=("#fc4c02", "#000000"), dark=("#fc4c02", "#000000")),  # white text: a contrast of 3.4
    authorize_url="https://www.strava.com/oauth/authorize",
    token_url="https://www.strava.com/oauth/token",
    scopes=("read",),
    scope_separator=",",
    # The token reply has the athlete, so no profile is read. A picture that is missing is a relative address.
    fields=Fields(
        subject="athlete.id",
        id=number,
        handle="athlete.username",
        name=("athlete.firstname", "athlete.lastname"),
        picture="athlete.profile",
    ),
    choose_account="approval_prompt=force",
)

RECIPE = strava.recipe(
    keys_from="https://www.strava.com/settings/api",
    steps=("Fill in the form, with the address's domain under *Authorization Callback Domain*, and copy the keys.",),
    notes=(
        "You must be a subscriber to create an app. A new one signs in its owner alone, until you raise its limit.",
        "Strava's guidelines ask for its own button, *Connect with Strava* (developers.strava.com/guidelines).",
    ),
    unverified=("No page mentions PKCE.", "The colors of the button."),
)
