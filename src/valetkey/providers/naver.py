"""Naver, over OAuth 2.0 (developers.naver.com/docs/login/api/api.md)."""

from .record import Colors, Fields, OAuth2Record

naver = OAuth2Record(
    name="naver",
    title="Naver",
    icon="M15.56 12.7 8.14 2H2v20h6.44V11.3L15.86 22H22V2h-6.44z",  # Simple Icons 16.37.0, CC0 1.0, made smaller
    # developers.naver.com/docs/login/bi/bi.md. White on the green has 2.3:1; black has 9.3:1.
    colors=Colors(light=("#03c75a", "#000000"), dark=("#03c75a", "#000000")),
    authorize_url="https://nid.naver.com/oauth2.0/authorize",
    token_url="https://nid.naver.com/oauth2.0/token",
    callback_parameters=("state",),
    profile_url="https://openapi.naver.com/v1/nid/me",
    fields=Fields(
        subject="response.id",
        handle="response.nickname",
        name="response.name",
        picture="response.profile_image",
        email="response.email",
        required={"resultcode": "00"},
    ),
    choose_account="auth_type=reauthenticate",
)

RECIPE = naver.recipe(
    keys_from="https://developers.naver.com/apps/#/register",
    steps=(
        "Register an application with the API *Naver Login*.",
        "Choose e-mail address, nickname and profile image.",
        "Add the environments *PC web* and *Mobile web*, and give the address as *Callback URL* of each.",
        "Copy the *Client ID* and the *Client Secret*.",
        "Ask for the review. Before it, only the testers that are registered there can sign in.",
    ),
    notes=(
        "The console is in Korean.",
        "The e-mail address is the user's contact address.",
    ),
    unverified=("Naver's own pages were not read. It does not say whether it checks PKCE.",),
)
