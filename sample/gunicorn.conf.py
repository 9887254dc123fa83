"""How gunicorn serves the site: WEB_CONCURRENCY processes (2) of WEB_THREADS threads (8) each.

Every thread keeps a database connection of its own, so the database needs their product for each container.
"""

import os

bind = ":8000"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
# The proxy has to let an idle connection go sooner, or it sends a request into one that closes.
keepalive = 75
graceful_timeout = 30
# A directory in memory: the heartbeat's file must not wait for a disk.
worker_tmp_dir = "/dev/shm"  # noqa: S108 # nosec B108
# Its file would need a directory that can be written to.
control_socket_disable = True
