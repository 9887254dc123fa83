"""A token ends itself: https://docs.gitlab.com/api/personal_access_tokens/#self-revoke"""

from rehearsal.cloud import tokens
from rehearsal.cloud.gitlab.http import Call, Endpoint


def end(call: Call) -> None:
    tokens.end(call.store, "gitlab", call.token)


ENDPOINTS = [Endpoint("DELETE", "/personal_access_tokens/self", end)]
