"""Session tokens, the session cache, and what an app does with its accounts and sessions."""
