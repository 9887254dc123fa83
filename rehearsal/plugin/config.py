"""What the provider is configured with: config first, then the environment, as pulumi-gitlab reads them."""

import os
import ssl
from pathlib import Path

from rehearsal.conductor.connections import Connections, Endpoints
from rehearsal.conductor.errors import Refused
from rehearsal.conductor.handlers.gitlab.api import called
from rehearsal.conductor.properties import Properties

KEYS = frozenset({"baseUrl", "token", "cacertFile", "earlyAuthCheck"})
ENGINE_KEYS = frozenset({"version", "pluginDownloadURL"})
"""What the engine adds for itself."""


def connect(config: Properties) -> Connections:
    """Where GitLab is asked. Raises Refused without an address, ConductorError where the early check fails."""
    address = config.get("baseUrl") or os.environ.get("GITLAB_BASE_URL")
    if not address:
        raise Refused("neither gitlab:baseUrl nor GITLAB_BASE_URL is set: the stand-in for the plugin never speaks to gitlab.com itself")
    token = config.get("token") or os.environ.get("GITLAB_TOKEN", "")
    # Go's TLS, and with it the real plugin, reads SSL_CERT_FILE too.
    default = ssl.get_default_verify_paths()
    authorities = config.get("cacertFile") or default.cafile or default.openssl_capath
    at = str(address).rstrip("/").removesuffix("/api/v4")
    connections = Connections(
        Endpoints(digitalocean_url="", digitalocean_token="", gitlab_url=at, gitlab_token=str(token), ca_file=Path(str(authorities)))
    )
    early = config.get("earlyAuthCheck", os.environ.get("GITLAB_EARLY_AUTH_CHECK", ""))
    if str(early).lower() != "false":
        with called():
            connections.gitlab.auth()
    return connections
