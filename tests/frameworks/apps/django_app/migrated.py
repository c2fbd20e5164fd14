"""``-m django_app.migrated …``: what everybody does before a server starts, and then the server, in this process."""

import os
import sys
from pathlib import Path

import django
from django.core.management import call_command

os.environ["DJANGO_SETTINGS_MODULE"] = "django_app.settings"

if __name__ == "__main__":
    django.setup()
    call_command("migrate", verbosity=0)
    python, server = Path(sys.executable), sys.argv[1:]
    command = [str(python), *server] if server[0] == "-m" else [str(python.parent / server[0]), *server[1:]]
    os.execv(command[0], command)
