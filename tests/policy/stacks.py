"""What the tests' recording engine has heard, as rules see it."""

from policy.resource import Resource, Stack
from tests.infra.build import Build, opened
from tests.infra.values import CONFIG_SECRETS, SECRET_ENTRIES, computed


def seen(build: Build) -> Stack:
    """With the cloud's answers as outputs, and everything secret in clear."""
    return Stack(
        resources=tuple(
            Resource(
                urn=found.urn,
                type=found.type,
                parent=found.parent,
                inputs=found.plain,
                outputs={**found.plain, "id": id, **outputs},
                protect=found.protect,
            )
            for found in build.resources.values()
            for id, outputs in [computed(found.type, found.name)]
        ),
        exports={name: opened(value) for name, value in build.exports.items()},
        secrets=frozenset((*CONFIG_SECRETS.values(), *SECRET_ENTRIES.values())),
    )
