"""What goes wrong in a run. Messages are for people and hold no secret once they went through the run's mask."""


class ConductorError(Exception):
    """A run, or one resource in it, failed."""


class Refused(ConductorError):
    """The conductor can't do this as the Pulumi CLI would, so it does nothing."""


class Unreachable(ConductorError):
    """A host did not answer."""


class Stopped(ConductorError):
    """Ctrl-C: the operations that ran are finished, nothing new was begun."""


START_AGAIN = "run `make down`, then `make up`"
