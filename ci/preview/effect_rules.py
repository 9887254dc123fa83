"""What is known of each change that this program's resources can have. The first rule that names a property decides about it.

Figures are those of bench/changes.json; what DigitalOcean does is told where its provider or its documentation says so.
"""

from ci.preview.change import Change
from ci.preview.effect_rules_digitalocean import RULES as DIGITALOCEAN
from ci.preview.effect_rules_spaces import RULES as SPACES
from ci.preview.effects import Effect, Rule
from infra.deploy_check import CHECK
from infra.rollout import RUNS

_NOTHING, _ROLLED, _DOWNTIME, _DATA = Effect.NOTHING, Effect.ROLLED, Effect.DOWNTIME, Effect.DATA


def _serves(change: Change) -> bool:
    """Whether a service starts its new tasks first: the one that serves does (infra/site.py)."""
    return bool((change.new.get("updateConfig") or {}).get("order") == "start-first")


def _quiet(change: Change) -> bool:
    """Whether a command does nothing when it is updated: infra/host.py gives it `:`, or what prints its last output again."""
    return str(change.new.get("update", "")).startswith((":", "printf %s"))


def _as_before(change: Change) -> bool:
    """Whether nothing of it is declared otherwise: its provider could not tell a difference (ci/preview/change.py)."""
    return not change.properties


DOCKER = (
    Rule(
        type="docker:*",
        ops="update",
        effect=_NOTHING,
        only=_as_before,
        sentence="declared as before; what Docker has can only be compared once its credential is made",
    ),
    Rule(
        type="docker:Service",
        ops="update",
        name="proxy",
        effect=_DOWNTIME,
        sentence="the proxy holds the host's ports and is stopped before the new one starts: a second or two without an answer",
    ),
    Rule(
        type="docker:Service",
        ops="update",
        name="broker",
        effect=_DOWNTIME,
        sentence="the broker is stopped before the new one starts: for seconds nothing can be queued; waiting messages are in its volume",
    ),
    Rule(
        type="docker:Service",
        ops="update",
        effect=_ROLLED,
        only=_serves,
        sentence="rolled: new tasks answer before old ones go (measured: no request lost)",
    ),
    Rule(
        type="docker:Service",
        ops="update",
        effect=_ROLLED,
        sentence="rolled: the old one may end what it has begun before the new one starts; neither answers visitors",
    ),
    Rule(type="docker:Service", ops="create", effect=_NOTHING, sentence="a new process runs beside the others"),
    Rule(
        type="docker:Service",
        ops="replace",
        effect=_DOWNTIME,
        sentence="deleted before it is made again: nothing of it runs meanwhile",
    ),
    Rule(type="docker:Service", ops="delete", effect=_DOWNTIME, sentence="it ends for good, and what only it did is not done any more"),
    Rule(
        type="docker:Secret", ops="create replace delete", effect=_NOTHING, sentence="a new file of the containers; what reads it is rolled"
    ),
    Rule(type="docker:Volume", ops="create", effect=_NOTHING, sentence="a new, empty volume"),
    Rule(type="docker:Volume", ops="replace delete", effect=_DATA, sentence="the volume {name} is deleted with the files in it"),
    Rule(type="docker:Network", ops="create", effect=_NOTHING, sentence="a new network"),
    Rule(
        type="docker:Network",
        ops="replace delete update",
        effect=_DOWNTIME,
        sentence="every service leaves the network {name} before there is another",
    ),
    Rule(
        type="pulumi:docker", ops="create update", effect=_NOTHING, sentence="only how Docker on the host is reached, and what pulls images"
    ),
    Rule(type="pulumi:docker", ops="replace", effect=_DOWNTIME, sentence="another Docker host: everything on it is made anew"),
)

COMMANDS = (
    Rule(type="command:Command", ops="create update replace delete", name=f"*{RUNS}", effect=_NOTHING, sentence="a service is waited for"),
    Rule(type="command:Command", ops="update", effect=_NOTHING, only=_quiet, sentence="nothing is run again"),
    Rule(
        type="command:Command",
        ops="create replace",
        name="release",
        effect=_ROLLED,
        sentence="the release command runs once while the old tasks serve (what its migrations do, `up` says beforehand)",
    ),
    Rule(
        type="command:Command",
        ops="create replace",
        name="release-pull",
        effect=_NOTHING,
        sentence="the image is pulled onto the host",
    ),
    Rule(
        type="command:Command",
        ops="create replace",
        name=f"*{CHECK}",
        effect=_NOTHING,
        sentence="Django checks the image with its environment, before anything is changed",
    ),
    Rule(
        type="command:Command",
        ops="create replace",
        name="proxy-file",
        effect=_NOTHING,
        sentence="the proxy reads its new file without a restart (measured: no request lost)",
    ),
    Rule(
        type="command:Command",
        ops="create replace",
        name="release-user",
        effect=_NOTHING,
        sentence="the image is asked who it runs as, and whether that user can",
    ),
    Rule(
        type="command:Command",
        ops="create replace delete",
        name="*-owner",
        effect=_NOTHING,
        sentence="the files of a volume are given to who uses them now",
    ),
    Rule(type="command:Command", ops="create replace delete", name="*-image", effect=_NOTHING, sentence="an image is pulled onto the host"),
    Rule(
        type="command:Command", ops="create replace delete", name="rotated-*", effect=_NOTHING, sentence="the time of a rotation is noted"
    ),
    Rule(
        type="command:Command",
        ops="create replace delete",
        name="registry-since*",
        effect=_NOTHING,
        sentence="the time is noted from which a token counts",
    ),
    Rule(type="command:Command", ops="create", name="servers-*", effect=_NOTHING, sentence="the host is made ready or let somebody in"),
    Rule(type="command:Command", ops="delete", name="servers-access-*", effect=_NOTHING, sentence="an ssh key is refused from now on"),
    Rule(
        type="command:Command",
        ops="create replace",
        name="schema*",
        effect=_NOTHING,
        sentence="rights in the database are prepared for its login; what uses it is rolled",
    ),
    Rule(
        type="command:Command",
        ops="create",
        name="broker*",
        effect=_NOTHING,
        sentence="a second user of the broker, beside the one before",
    ),
    Rule(
        type="command:Command",
        ops="delete",
        name="schema-login*",
        effect=_NOTHING,
        sentence="what used the old login of the database may end what it has begun",
    ),
    Rule(type="command:Command", ops="delete", name="broker*", effect=_NOTHING, sentence="the old user of the broker goes last"),
    Rule(type="command:Command", ops="delete", name="release*", effect=_NOTHING, sentence="nothing is run"),
    Rule(type="command:Command", ops="delete", name="proxy-file", effect=_NOTHING, sentence="nothing is run"),
    Rule(
        type="command:Command",
        ops="replace",
        name="servers-*",
        effect=_NOTHING,
        sentence="a new host is made ready beside the old one; on one that is ready it does nothing",
    ),
    Rule(
        type="command:Command",
        ops="create replace",
        name="address-moved",
        effect=_NOTHING,
        sentence="what is left on the old host is fetched",
    ),
    Rule(
        type="command:Command",
        ops="create update replace delete",
        effect=_DOWNTIME,
        sentence="a command is run; what it does can't be told from here",
    ),
)

MADE = (
    Rule(type="random:*", ops="create delete", effect=_NOTHING, sentence="a generated password; what uses it is listed by itself"),
    Rule(type="random:*", ops="update replace", effect=_DOWNTIME, sentence="a password becomes another under those who use it"),
    Rule(type="tls:PrivateKey", ops="create delete", effect=_NOTHING, sentence="a key of a generation; what uses it is listed by itself"),
    Rule(type="tls:PrivateKey", ops="update replace", effect=_DOWNTIME, sentence="a key becomes another under those who use it"),
)

GITLAB = (
    Rule(type="gitlab:ProjectDeployToken", ops="create", effect=_NOTHING, sentence="a token that pulls images, beside the one before"),
    Rule(
        type="gitlab:ProjectDeployToken", ops="replace delete", effect=_ROLLED, sentence="images are pulled with another token from now on"
    ),
    Rule(
        type="gitlab:*Protection",
        ops="replace delete",
        effect=_NOTHING,
        sentence="visitors notice nothing; who may push is guarded otherwise",
    ),
    Rule(type="gitlab:*", ops="create update replace delete", effect=_NOTHING, sentence="only what GitLab's pipelines know"),
)
RULES = (*SPACES, *DOCKER, *COMMANDS, *MADE, *GITLAB, *DIGITALOCEAN)
"""All of them."""
