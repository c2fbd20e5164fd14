"""``python -m valetkey.cli``."""

from .main import main

main()
