"""Random passwords."""

import secrets
import string
from typing import ClassVar

from rehearsal.conductor.errors import ConductorError
from rehearsal.conductor.handler import Handler, Made
from rehearsal.conductor.properties import Properties

_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
"""The provider's own default."""


class RandomPassword(Handler):
    """`random.RandomPassword`, without its `bcryptHash`. Every input is part of its identity, `keepers` among them."""

    type: ClassVar = "random:index/randomPassword:RandomPassword"
    accepts: ClassVar = frozenset(
        {"length", "keepers", "special", "overrideSpecial", "lower", "upper", "numeric", "number"}
        | {"minLower", "minUpper", "minNumeric", "minSpecial"}
    )
    replaces: ClassVar = accepts
    replaceable: ClassVar = True
    gives: ClassVar = frozenset({"result"})

    def create(self, inputs: Properties) -> Made:
        numeric = inputs.get("numeric", inputs.get("number", True))
        alphabets = [
            (string.ascii_lowercase, inputs.get("lower", True), inputs.get("minLower", 0)),
            (string.ascii_uppercase, inputs.get("upper", True), inputs.get("minUpper", 0)),
            (string.digits, numeric, inputs.get("minNumeric", 0)),
            (inputs.get("overrideSpecial", _SPECIAL), inputs.get("special", True), inputs.get("minSpecial", 0)),
        ]
        characters = [secrets.choice(alphabet) for alphabet, _, least in alphabets for _ in range(least)]
        everything = "".join(alphabet for alphabet, wanted, _ in alphabets if wanted)
        missing = inputs["length"] - len(characters)
        if missing < 0 or not everything:
            raise ConductorError(f"no password of length {inputs['length']} meets its other properties")
        characters += [secrets.choice(everything) for _ in range(missing)]
        secrets.SystemRandom().shuffle(characters)
        return Made("none", {"result": "".join(characters)})


KINDS: tuple[type[Handler], ...] = (RandomPassword,)
