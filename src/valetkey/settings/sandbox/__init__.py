"""The sandbox mode, ``VALETKEY_SANDBOX``: an app without keys signs in at the sandbox on the developer's machine.

``mode`` decides whether it is on, what it refuses and what it fills in. ``values`` has the sandbox's keys and
addresses, and ``kept_secrets`` the app's own secret. ``command_line`` says where the app listens. ``port`` finds the
sandbox.
"""
