"""The token of a job (`CI_JOB_TOKEN`): good as long as the job runs, for its own project and for few operations."""

import hmac

from rehearsal.cloud.gitlab import records
from rehearsal.cloud.gitlab.errors import ApiError
from rehearsal.cloud.gitlab.records import Record
from rehearsal.cloud.store import Store

JOBS = "jobs"


def owner(store: Store, token: str) -> Record:
    """The running job whose token it is. Raises ApiError 401."""
    with store:
        for job in records.every(store, JOBS):
            if job["status"] == "running" and hmac.compare_digest(job["token"].encode(), token.encode()):
                return job
    raise ApiError(401, {"message": "401 Unauthorized"})
