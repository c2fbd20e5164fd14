"""Notion, over OAuth 2.0 (developers.notion.com/guides/get-started/authorization). The token reply names the user."""

from .record import Colors, Fields, OAuth2Record

notion = OAuth2Record(
    name="notion",
    title="Notion",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M4.46 4.2c.74.61 1.02.57 2.43.47l13.21-.79c.28 0 .05-.28-.04-.32l-2.2-1.6c-.42-.32-.98-.7-2.06-.6L3.02 2.3c-.4"
        "7.05-.56.28-.37.47zm.8 3.09v13.9c0 .75.37 1.03 1.2.98L21 21.33c.84-.04.93-.56.93-1.16V6.34c0-.6-.23-.93-.74-.8"
        "8L6 6.35c-.56.05-.75.33-.75.94zm14.33.74c.1.42 0 .84-.42.9l-.7.13v10.26q-.92.5-1.64.52c-.74 0-.93-.24-1.5-.93l"
        "-4.57-7.19v6.95l1.45.33s0 .84-1.17.84l-3.22.19c-.1-.19 0-.66.33-.75l.84-.23v-9.2l-1.17-.09c-.1-.42.14-1.03.8-1"
        ".07l3.45-.24 4.76 7.28V9.3l-1.21-.14c-.1-.51.28-.88.75-.93zm-17.65-7 13.3-.97c1.64-.14 2.06-.05 3.09.7l4.25 2."
        "98c.7.51.93.65.93 1.21v16.38c0 1.03-.37 1.64-1.68 1.73l-15.46.93c-.98.05-1.45-.1-1.96-.74l-3.13-4.06c-.56-.75-"
        ".8-1.31-.8-1.96V2.67c0-.84.38-1.54 1.46-1.63"
    ),
    colors=Colors(light=("#000000", "#ffffff"), dark=("#ffffff", "#000000")),  # notion.com/about
    authorize_url="https://api.notion.com/v1/oauth/authorize",
    token_url="https://api.notion.com/v1/oauth/token",
    client_authentication="basic",
    authorize_parameters={"owner": "user"},
    fields=Fields(
        subject="owner.user.id",
        name="owner.user.name",
        picture="owner.user.avatar_url",
        email="owner.user.person.email",
        required={"owner.type": "user"},
    ),
)

RECIPE = notion.recipe(
    keys_from="https://www.notion.so/profile/integrations",
    steps=(
        "Create an integration of the type *Public*.",
        "Add the address under *Redirect URIs*.",
        "Under *Capabilities*, *User information*, choose whether the app reads e-mail addresses.",
        "Copy the *OAuth client ID* and the *OAuth client secret*.",
    ),
    notes=("Notion asks the user for a workspace and for pages at every sign-in.",),
    unverified=(
        "Notion's pages send the token request as JSON. That it takes a form is what other libraries rely on.",
        "Notion does not say whether a user has the same id in all workspaces, nor whether it checks PKCE.",
    ),
)
