"""Whether this process can serve: the database answers, and has every migration of this release."""

import logging

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)


def problem() -> str | None:
    """Why the site can't serve, or None if it can.

    Of a database error it tells the type only: anyone may read the answer, and the message can name hosts and users.
    Migrations of a later release don't matter, so that an earlier release is healthy after a rollback.
    """
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error as error:
        logger.warning("The database does not answer: %s", error)
        return f"the database does not answer: {type(error).__name__}"
    names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in missing)
    return f"migrations not applied: {names}" if names else None


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """200 with `{"status": "ok", …}`, or 503 with the reason."""
    reason = problem()
    if reason:
        return JsonResponse({"status": "failing", "reason": reason, "release": settings.RELEASE}, status=503)
    return JsonResponse({"status": "ok", "release": settings.RELEASE})
