"""Confluence Data Center, over OAuth 1.0a with RSA-SHA1: the same application link as Jira's, with another profile
(developer.atlassian.com/server/confluence/rest/v922/api-group-user)."""

from .record import Colors, Fields, OAuth1Record

confluence = OAuth1Record(
    name="confluence",
    title="Confluence",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M.87 18.26c-.25.38-.53.87-.76 1.24a.76.76 0 0 0 .25 1.04l4.97 3.06a.76.76 0 0 0 1.06-.26l.73-1.23c1.96-3.24 3."
        "94-2.85 7.5-1.14l4.96 2.34a.76.76 0 0 0 1.03-.39l2.36-5.34a.76.76 0 0 0-.38-1l-4.96-2.36C10.9 10.97 5.23 11.19"
        ".87 18.26M23.13 5.74l.77-1.25a.76.76 0 0 0-.26-1.03L18.68.4a.76.76 0 0 0-1.06.26q-.3.52-.74 1.23c-1.96 3.25-3."
        "94 2.85-7.5 1.15L4.44.69a.76.76 0 0 0-1.03.39L1.05 6.42a.76.76 0 0 0 .38 1l4.96 2.36c6.7 3.25 12.4 3.03 16.74-"
        "4.04"
    ),
    colors=Colors(light=("#172b4d", "#ffffff"), dark=("#ffffff", "#172b4d")),  # atlassian.com/company/news/press-kit
    request_token_url="/plugins/servlet/oauth/request-token",
    authorize_url="/plugins/servlet/oauth/authorize",
    access_token_url="/plugins/servlet/oauth/access-token",
    signature_method="RSA-SHA1",
    denied_verifier="denied",
    profile_url="/rest/api/user/current",
    fields=Fields(subject="userKey", handle="username", name="displayName", required={"type": "known"}),
)

RECIPE = confluence.recipe(
    keys_from="https://developer.atlassian.com/server/jira/platform/oauth/",
    steps=(
        "Set `VALETKEY_CONFLUENCE_BASE` to the address of Confluence, with its context path if it has one.",
        "Make a key pair, and an application link in Confluence's administration, as for the provider `jira`.",
        "Set `CONFLUENCE_CONSUMER_KEY`, and `CONFLUENCE_PRIVATE_KEY` to the private key, or "
        "`CONFLUENCE_PRIVATE_KEY_FILE` to its path.",
    ),
    unverified=(
        "No page says how Confluence sends back a user who refuses. valetkey reads `oauth_verifier=denied`, as "
        "Atlassian's plugin sends it.",
    ),
)
