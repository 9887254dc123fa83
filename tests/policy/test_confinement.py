"""Rules about how far a container is shut in."""

import pytest

from policy.confinement import RULES
from policy.resource import UNKNOWN, Resource

URN = "urn:pulumi:production::site::site:infra:Site$docker:index/service:Service::web"
BY_ID = {rule.id: rule for rule in RULES}


def told(id: str, *, limits: object = None, **container: object) -> list[str]:
    spec = {"containerSpec": container, "resources": {"limits": limits or {}}}
    check = BY_ID[id].resource
    assert check is not None
    return list(check(Resource(urn=URN, type="docker:index/service:Service", inputs={"taskSpec": spec})))


def test_a_service_that_is_shut_in_breaks_none() -> None:
    for id in BY_ID:
        assert told(id, limits={"nanoCpus": 10**9}, capDrops=["ALL"], capAdds=["NET_BIND_SERVICE"], readOnly=True) == []
        assert told(id, limits={"nanoCpus": UNKNOWN}, capDrops=UNKNOWN, readOnly=UNKNOWN) == []


@pytest.mark.parametrize(
    ("id", "container", "words"),
    [
        ("SITE-SVC-4", {}, "all processors"),
        ("SITE-SVC-5", {}, "capabilities of root"),
        ("SITE-SVC-5", {"capDrops": ["NET_RAW"]}, "capabilities of root"),
        ("SITE-SVC-6", {}, "change the files of its image"),
        ("SITE-SVC-6", {"readOnly": False}, "change the files of its image"),
    ],
)
def test_one_that_is_not_is_found(id: str, container: dict[str, object], words: str) -> None:
    (said,) = told(id, **container)
    assert words in said
