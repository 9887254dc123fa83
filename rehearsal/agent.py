"""The ssh-agent of a rehearsal: holds the operator's key, as a person's own agent does for a real stack."""

import contextlib
import os
import signal
import subprocess

from rehearsal.home import Home


class Agent:
    """One process, found again by its file."""

    def __init__(self, home: Home) -> None:
        self.socket = home.sockets / "agent"
        self._key, self._pid = home.root / "operator", home.root / "agent.pid"

    @property
    def public_key(self) -> str:
        """The operator's public key, made at the first use."""
        if not self._key.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "operator", "-f", str(self._key)], check=True)
        return self._key.with_suffix(".pub").read_text().strip()

    def start(self) -> None:
        """Start it unless it runs and holds the key."""
        environment = {**os.environ, "SSH_AUTH_SOCK": str(self.socket)}
        held = subprocess.run(["ssh-add", "-L"], env=environment, capture_output=True, text=True)
        if self.public_key.split()[1] in held.stdout:
            return
        self.stop()
        said = subprocess.run(["ssh-agent", "-s", "-a", str(self.socket)], check=True, capture_output=True, text=True).stdout
        self._pid.write_text(said.partition("SSH_AGENT_PID=")[2].partition(";")[0])
        subprocess.run(["ssh-add", "-q", str(self._key)], env=environment, check=True, capture_output=True)

    def stop(self) -> None:
        """End it; gone already is fine."""
        if self._pid.exists():
            with contextlib.suppress(ProcessLookupError, ValueError):
                os.kill(int(self._pid.read_text()), signal.SIGTERM)
            self._pid.unlink()
        self.socket.unlink(missing_ok=True)
