"""A throw-away program: a key, a password, and commands that write what they do into the file that `log` names."""

import pulumi
import pulumi_command as command
import pulumi_random as random
import pulumi_tls as tls


class Parts(pulumi.ComponentResource):
    """A component, to be nested in another."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("test:index:Parts", name, None, opts)


config = pulumi.Config()
log = config.require("log")
inside = pulumi.ResourceOptions(parent=Parts("inner", pulumi.ResourceOptions(parent=Parts("outer"))))

key = tls.PrivateKey("key", algorithm="ED25519", opts=inside)
password = random.RandomPassword("password", length=20, keepers={"generation": config.get("generation") or "1"}, opts=inside)
first = command.local.Command(
    "first",
    create=f"{config.get('first') or 'true'} && echo create first >> {log} && printf out",
    update=f"{config.get('update') or 'true'} && echo update first >> {log} && printf out",
    delete=f"echo delete first >> {log}",
    stdin=config.get_secret("stdin"),
    triggers=[config.get("trigger") or "1"],
    environment={"NOTE": config.get("note") or "none"},
    opts=pulumi.ResourceOptions(parent=inside.parent, ignore_changes=["environment.NOTE"] if config.get_bool("ignore") else []),
)
if config.get_bool("second", default=True):
    command.local.Command(
        "second",
        create=first.stdout.apply(lambda out: f"echo create second after {out} >> {log}"),
        delete=f"echo delete second >> {log}",
        environment={"PASSWORD": password.result, "KEY": key.public_key_openssh},
    )
if said := config.get("checked"):
    command.local.Command("first-check", create=f"printf %s '{said}' >&2", stdin=config.get_secret("stdin"))
if config.get_bool("bug"):
    nothing: dict[str, str] = {}
    first.stdout.apply(lambda out: nothing[out])

pulumi.export("out", first.stdout)
pulumi.export("password", password.result)
