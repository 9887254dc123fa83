"""What a stack costs, as far as it is known."""

from ci.preview.prices import DROPLETS, bill
from infra import sizes

DROPLET, CLUSTER = "digitalocean:index/droplet:Droplet", "digitalocean:index/databaseCluster:DatabaseCluster"
REGISTRY = "digitalocean:index/containerRegistry:ContainerRegistry"


def test_every_size_that_the_config_takes_has_a_price() -> None:
    assert DROPLETS.keys() == sizes.DROPLETS.keys()
    assert list(DROPLETS.values()) == sorted(DROPLETS.values())


def test_droplets_are_added_up() -> None:
    assert bill([(DROPLET, {"size": "s-1vcpu-2gb"}), (DROPLET, {"size": "s-2vcpu-4gb"})]).dollars == 36


def test_what_has_no_known_price_is_named_and_not_guessed() -> None:
    found = bill(
        [
            (DROPLET, {"size": "g-2vcpu-8gb"}),
            (CLUSTER, {"size": "db-s-1vcpu-2gb", "nodeCount": 2}),
            (CLUSTER, {"size": "db-s-1vcpu-1gb"}),
            (REGISTRY, {"subscriptionTierSlug": "basic"}),
        ]
    )
    assert found.dollars == 0
    assert found.unknown == (
        "1 database node of size db-s-1vcpu-1gb",
        "2 database nodes of size db-s-1vcpu-2gb",
        "a droplet of size g-2vcpu-8gb",
        "a registry, basic",
    )


def test_the_rest_costs_nothing_by_itself() -> None:
    assert bill([("digitalocean:index/vpc:Vpc", {}), ("docker:index/service:Service", {"size": "s-1vcpu-2gb"})]) == bill([])
