"""What can be ordered: regions, sizes and images, a small part of DigitalOcean's."""

from rehearsal.cloud.digitalocean.errors import refused
from rehearsal.cloud.digitalocean.http import Call, Endpoint, page
from rehearsal.cloud.store import Object

REGIONS = {
    "ams3": "Amsterdam 3",
    "blr1": "Bangalore 1",
    "fra1": "Frankfurt 1",
    "lon1": "London 1",
    "nyc1": "New York 1",
    "nyc3": "New York 3",
    "sfo2": "San Francisco 2",
    "sfo3": "San Francisco 3",
    "sgp1": "Singapore 1",
    "syd1": "Sydney 1",
    "tor1": "Toronto 1",
}
# memory in MiB, vCPUs, disk in GiB, transfer in TB, dollars a month
SIZES = {
    "s-1vcpu-512mb-10gb": (512, 1, 10, 0.5, 4.0),
    "s-1vcpu-1gb": (1024, 1, 25, 1.0, 6.0),
    "s-1vcpu-2gb": (2048, 1, 50, 2.0, 12.0),
    "s-2vcpu-2gb": (2048, 2, 60, 3.0, 18.0),
    "s-2vcpu-4gb": (4096, 2, 80, 4.0, 24.0),
    "s-4vcpu-8gb": (8192, 4, 160, 5.0, 48.0),
    "s-8vcpu-16gb": (16384, 8, 320, 6.0, 96.0),
}
IMAGES = {
    "debian-12-x64": (1, "Debian", "12 x64"),
    "debian-13-x64": (2, "Debian", "13 x64"),
    "ubuntu-22-04-x64": (3, "Ubuntu", "22.04 (LTS) x64"),
    "ubuntu-24-04-x64": (4, "Ubuntu", "24.04 (LTS) x64"),
}
HOURS_A_MONTH = 672  # what DigitalOcean bills at most: 28 days


def region(slug: str) -> Object:
    """A region as DigitalOcean describes it."""
    features = ["backups", "ipv6", "metadata", "install_agent", "storage", "image_transfer"]
    return {"name": REGIONS[slug], "slug": slug, "features": features, "available": True, "sizes": list(SIZES)}


def size(slug: str) -> Object:
    """A droplet size as DigitalOcean describes it."""
    memory, vcpus, disk, transfer, price = SIZES[slug]
    return {
        "slug": slug,
        "memory": memory,
        "vcpus": vcpus,
        "disk": disk,
        "transfer": transfer,
        "price_monthly": price,
        "price_hourly": round(price / HOURS_A_MONTH, 5),
        "regions": list(REGIONS),
        "available": True,
        "description": "Basic",
    }


def image(slug: str) -> Object:
    """A base image as DigitalOcean describes it."""
    number, distribution, name = IMAGES[slug]
    return {
        "id": number,
        "name": name,
        "type": "base",
        "distribution": distribution,
        "slug": slug,
        "public": True,
        "regions": list(REGIONS),
        "created_at": "2025-09-01T00:00:00Z",
        "min_disk_size": 7,
        "size_gigabytes": 1.5,
        "description": f"{distribution} {name}",
        "tags": [],
        "status": "available",
        "error_message": "",
    }


def check_region(slug: str) -> str:
    """Raises ApiError 422 for a region that there is not."""
    if slug not in REGIONS:
        raise refused(f"You specified an invalid region: {slug!r}. Allowed: {', '.join(REGIONS)}")
    return slug


def check_size(slug: str) -> str:
    """Raises ApiError 422 for a size that there is not."""
    if slug not in SIZES:
        raise refused(f"You specified an invalid size for Droplet creation: {slug!r}. Allowed: {', '.join(SIZES)}")
    return slug


def check_image(slug: str | int) -> str:
    """The slug of an image that is given by slug or number. Raises ApiError 422."""
    found = [known for known, (number, _, _) in IMAGES.items() if slug in (known, number)]
    if not found:
        raise refused(f"You specified an invalid image for Droplet creation: {slug!r}. Allowed: {', '.join(IMAGES)}")
    return found[0]


def regions(call: Call) -> Object:
    return page(call, "regions", [region(slug) for slug in REGIONS])


def sizes(call: Call) -> Object:
    return page(call, "sizes", [size(slug) for slug in SIZES])


ENDPOINTS = [
    Endpoint("GET", "/v2/regions", regions),
    Endpoint("GET", "/v2/sizes", sizes),
]
