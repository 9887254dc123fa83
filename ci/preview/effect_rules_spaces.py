"""What is known of each change of buckets, their keys, and the dumps in one of them."""

from ci.preview.effects import Effect, Rule

_NOTHING, _ROLLED, _DATA = Effect.NOTHING, Effect.ROLLED, Effect.DATA

RULES = (
    Rule(type="digitalocean:SpacesBucket", ops="create", effect=_NOTHING, sentence="a new, empty bucket"),
    Rule(
        type="digitalocean:SpacesBucket",
        ops="update",
        properties="versioning* lifecycleRules*",
        effect=_DATA,
        sentence="what was overwritten or deleted may be gone sooner",
    ),
    Rule(
        type="digitalocean:SpacesBucket",
        ops="replace",
        effect=_DATA,
        sentence="another, empty bucket; the old one stays with all that is in it, and nothing copies it",
    ),
    Rule(type="digitalocean:SpacesBucket", ops="delete", effect=_NOTHING, sentence="it stays, with all that is in it, and is forgotten"),
    Rule(type="digitalocean:SpacesKey", ops="create", effect=_NOTHING, sentence="a key beside the others"),
    Rule(type="digitalocean:SpacesKey", ops="update replace delete", effect=_ROLLED, sentence="the key goes once what used it has another"),
    Rule(type="command:Command", ops="create replace", name="backup*", effect=_NOTHING, sentence="the host dumps the database every day"),
    Rule(type="command:Command", ops="delete", name="backup*", effect=_DATA, sentence="the database is dumped no more; the dumps stay"),
)
