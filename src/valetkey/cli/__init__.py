"""The ``valetkey`` command, and the demo app that it serves."""
