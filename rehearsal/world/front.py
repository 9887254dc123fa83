"""The front: 127.0.0.1:443 and :80 of this machine, passed on to the droplet that the name belongs to, TLS untouched.

`*.localhost` is 127.0.0.1 in browsers and curl whatever the system's resolver says, so a rehearsed site opens without set-up.
"""

from pathlib import Path

from rehearsal.world import network
from rehearsal.world.engine import Engine

IMAGE = "rehearsal/cloud"
CONTAINER = "rehearsal-front"
PORTS = (443, 80)
_CONFIG = f"""load_module modules/ngx_stream_module.so;
worker_processes 1;
daemon off;
error_log stderr error;
events {{ worker_connections 4096; }}
stream {{
  resolver {network.NAMES} valid=1s ipv6=off;
  server {{
    listen 443;
    ssl_preread on;
    proxy_connect_timeout 5s;
    proxy_timeout 1h;
    proxy_pass $ssl_preread_server_name:443;
  }}
}}
http {{
  access_log off;
  resolver {network.NAMES} valid=1s ipv6=off;
  server {{
    listen 80;
    location / {{
      proxy_pass http://$host:80;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
    }}
  }}
}}
"""


class Front:
    """One nginx; it asks the cloud's DNS where a name lives, so nothing changes in it when a stack comes or goes."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine, self._folder = engine, folder

    def start(self) -> None:
        """Start it; fails where something else holds port 80 or 443 of 127.0.0.1."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "nginx.conf").write_text(_CONFIG)
        self._engine.run(
            CONTAINER,
            IMAGE,
            network=network.PUBLIC,
            command=["nginx", "-c", "/told/nginx.conf"],
            volumes={str(self._folder): {"bind": "/told", "mode": "ro"}},
            ports={f"{port}/tcp": ("127.0.0.1", port) for port in PORTS},
            restart_policy={"Name": "unless-stopped"},
        )
