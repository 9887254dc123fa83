"""Pending: what apt would install on a host."""

from dataclasses import dataclass

from ci.host import Host

DOCKER = ("docker.io", "docker-cli", "containerd", "runc")
"""What unattended upgrades leave out (infra/cloud-init.yaml)."""
RESTART, REBOOT = 15, 35
"""Seconds without an answer, measured in the rehearsal: of a restart of Docker, and of the host."""
_APT = "sudo apt-get -qq -o DPkg::Lock::Timeout=300"
_LOOK = f"""set -e
{_APT} -o APT::Update::Error-Mode=any update
apt-get --simulate dist-upgrade | sed -nE 's/^Inst ([^ ]+) (\\[[^]]*\\] )?\\(([^ ]+).*/\\1 \\3/p'
[ ! -e /run/reboot-required ] || echo reboot-required -"""


@dataclass(frozen=True, kw_only=True)
class Pending:
    """What waits on a host: versions by package, and whether it has to be booted for what is installed already."""

    packages: dict[str, str]
    reboot: bool

    @classmethod
    def on(cls, host: Host) -> "Pending":
        """Ask apt, which asks its mirrors. Raises HostError."""
        found = dict(line.split(" ", 1) for line in host.run(_LOOK, limit=600).splitlines())
        return cls(reboot=bool(found.pop("reboot-required", "")), packages=found)

    @property
    def docker(self) -> list[str]:
        """Docker's own packages."""
        return [name for name in self.packages if name in DOCKER]

    def cost(self, *, reboot: bool) -> str:
        """What visitors notice, in a sentence."""
        if reboot:
            return f"the host boots: about {REBOOT} s without an answer in the rehearsal, some more on a real one"
        if self.docker:
            return f"{', '.join(self.docker)} restart every container: about {RESTART} s without an answer"
        return "no container is restarted: visitors notice nothing"
