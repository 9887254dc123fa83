"""Runs inside a site's image, by `manage.py shell -c`: prints whether its settings take former keys from the environment.

Plain Python 3.7 and Django 3.2 or later. FORMER in the environment is what has been put into the variables for former keys.
"""

import importlib
import os

settings = importlib.import_module("django.conf").settings
found = os.environ["FORMER"] in getattr(settings, "SECRET_KEY_FALLBACKS", [])
print(f"<fallbacks>{'read' if found else 'not read'}</fallbacks>")
