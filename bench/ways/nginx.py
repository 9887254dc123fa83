"""The usual nginx in front of a web container, which it knows by the name `web`.

It looks the name up again each second, so that it finds a new container's address: the tutorials' plain `proxy_pass http://web:8000`
is looked up once, and answers 502 until nginx is reloaded whenever the address is another one.
"""

import subprocess
from pathlib import Path

from bench.ways import backing

PUBLIC = "nginx:stable"
COMMAND = ("nginx", "-c", "/bench/nginx.conf")
_CONFIG = """daemon off;
worker_processes auto;
pid /tmp/nginx.pid;
error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off;
  resolver 127.0.0.11 valid=1s ipv6=off;
  server {
    listen 80;
    set $web web;
    location / {
      proxy_pass http://$web:8000;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
"""


def configure(folder: Path) -> None:
    """Write nginx.conf."""
    (folder / "nginx.conf").write_text(_CONFIG)


def image() -> str:
    """The public one where it can be pulled, else the rehearsal's, which has Debian's nginx."""
    try:
        pulled = subprocess.run(["docker", "pull", "--quiet", PUBLIC], capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return backing.IMAGE
    return backing.IMAGE if pulled.returncode else PUBLIC
