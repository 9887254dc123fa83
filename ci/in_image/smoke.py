"""Run by `manage.py shell` in the site's image, on a restored database: whether the image can work with it. Prints one line of JSON."""

import json
from io import StringIO

from django.apps import apps
from django.core.management import call_command


def smoke() -> dict[str, object]:
    """Whether all migrations are applied (`migrate --check`), and how many rows each model's table has: each of them is read."""
    try:
        call_command("migrate", check_unapplied=True, stdout=StringIO(), verbosity=0)
        migrated = True
    except SystemExit:
        migrated = False
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy]
    for model in models:
        # All columns of a row, so that one that is missing is an error.
        model._base_manager.first()
    return {"migrated": migrated, "tables": len(models), "rows": sum(model._base_manager.count() for model in models)}


try:
    answer = smoke()
except Exception as error:
    # The text of a database's error may hold where it is and who asked.
    answer = {"unknown": type(error).__name__}
print("\n<smoke>" + json.dumps(answer) + "</smoke>", flush=True)
