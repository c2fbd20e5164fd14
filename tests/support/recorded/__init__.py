"""Apps whose requests are recorded by the tools of others, each for a server of its own. Behind the header ``X-Before``
a middleware answers before valetkey does."""
