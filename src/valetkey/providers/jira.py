"""Jira Data Center, over OAuth 1.0a with RSA-SHA1 (developer.atlassian.com/server/jira/platform/oauth).

``key`` says who the user is. It stays when a user is renamed; ``name`` does not.
"""

from .record import Colors, Fields, OAuth1Record

jira = OAuth1Record(
    name="jira",
    title="Jira",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M11.57 11.51H0a5.2 5.2 0 0 0 5.23 5.22h2.13v2.06A5.2 5.2 0 0 0 12.57 24V12.52a1 1 0 0 0-1-1m5.72-5.75H5.74a5.2"
        " 5.2 0 0 0 5.21 5.21h2.13v2.06a5.2 5.2 0 0 0 5.22 5.21V6.76a1 1 0 0 0-1-1M23.01 0H11.45a5.2 5.2 0 0 0 5.22 5.2"
        "2h2.13v2.05a5.2 5.2 0 0 0 5.2 5.21V1a1 1 0 0 0-.99-1"
    ),
    colors=Colors(light=("#0052cc", "#ffffff"), dark=("#0052cc", "#ffffff")),  # atlassian.design/foundations/logos
    request_token_url="/plugins/servlet/oauth/request-token",
    authorize_url="/plugins/servlet/oauth/authorize",
    access_token_url="/plugins/servlet/oauth/access-token",
    signature_method="RSA-SHA1",
    denied_verifier="denied",
    profile_url="/rest/api/2/myself",
    fields=Fields(subject="key", handle="name", name="displayName", picture="avatarUrls.48x48", email="emailAddress"),
)

RECIPE = jira.recipe(
    keys_from="https://developer.atlassian.com/server/jira/platform/oauth/",
    steps=(
        "Set `VALETKEY_JIRA_BASE` to the address of Jira, with its context path if it has one.",
        "Make a key pair: `openssl genrsa -out jira.pem 2048`, then `openssl rsa -in jira.pem -pubout`.",
        "In Jira's administration, open *Application links*, and create a link of the kind *Atlassian product* to the "
        "address of your app. Tick *Create incoming link*.",
        "Enter a *Consumer Key* of your choice, a *Consumer Name*, and the *Public Key*.",
        "Set `JIRA_CONSUMER_KEY`, and `JIRA_PRIVATE_KEY` to the text of `jira.pem`, or `JIRA_PRIVATE_KEY_FILE` to its "
        "path.",
    ),
    notes=(
        "For Confluence use the provider `confluence`. For Jira Cloud use `atlassian`.",
        "An app that signs in over OAuth 1.0a may do at Jira whatever the user may do there. valetkey reads the "
        "profile once and keeps no token.",
    ),
    unverified=(
        "No page says how Jira sends back a user who refuses. valetkey reads `oauth_verifier=denied`, as Atlassian's "
        "plugin sends it.",
    ),
)
