"""A verdict from the migrations of two images: what a step from one to the other means, before it is taken."""

from collections.abc import Iterable
from dataclasses import dataclass

from ci.migrations import Finding, Meaning, Migration, Migrations

GUARDED = "production"
"""The stack whose releases wait for an acknowledgement."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`runs` are the migrations that the step applies, in order; `findings` what there is to say of them, or of those in the way.

    `back` is whether the earlier image can run afterwards; None where that can't be told. `sentence` says it to people.
    """

    runs: tuple[Migration, ...] = ()
    findings: tuple[Finding, ...] = ()
    back: bool | None
    sentence: str

    def stops(self, stack: str) -> str:
        """Why a release to this stack has to be acknowledged, a line for each finding; empty where it goes on by itself."""
        grave = [finding for finding in self.findings if finding.meaning in (Meaning.LOCKING, Meaning.CONTRACTING)]
        if stack != GUARDED or not self.runs or not grave:
            return ""
        lines = "\n".join(f"  {finding}" for finding in grave)
        return f"This release changes the database of {stack} in a way that visitors may notice:\n{lines}\nRun it again with --acknowledge."


def release(running: Migrations, new: Migrations) -> Verdict:
    """Of a release of the image with `new`, while the one with `running` serves."""
    if new.unknown:
        return Verdict(back=None, sentence=f"can't tell whether you can go back after this release because {new.unknown}")
    runs = new.pending
    # A new app may come with years of migrations, all of them on tables that are empty.
    fresh = frozenset(table for one in runs for table in one.created)
    if running.unknown:
        findings = tuple(finding for one in runs for finding in one.findings if finding.table not in fresh)
        return Verdict(
            runs=runs,
            findings=findings,
            back=None,
            sentence=f"can't tell whether you can go back after this release because of the image that runs {running.unknown}",
        )
    findings = tuple(finding for one in runs for finding in _minded(one, running) if finding.table not in fresh)
    blocking = _contracting(findings)
    if blocking:
        return Verdict(
            runs=runs, findings=findings, back=False, sentence=f"after this release you can't go back because {_listed(blocking)}"
        )
    said = f"the old code works with {_names(runs)}" if runs else "it has no migration to run"
    return Verdict(runs=runs, findings=findings, back=True, sentence=f"after this release you can go back: {said}{_doubts(findings)}")


def rollback(running: Migrations, to: Migrations) -> Verdict:
    """Of going from the image with `running` (the newer) back to the one with `to`; nothing is migrated by that.

    `running` must have been read with the SQL of those in `beyond(to)`, or all of these are opaque.
    """
    unknown = running.unknown or to.unknown
    if unknown:
        return Verdict(back=None, sentence=f"can't tell whether you can go back because {unknown}")
    new = tuple(one for one in running.migrations if one.applied and not to.knows(one))
    findings = tuple(finding for one in new for finding in _minded(one, to))
    blocking = _contracting(findings)
    if blocking:
        return Verdict(findings=findings, back=False, sentence=f"you can't go back because {_listed(blocking)}; {_undo(running, to, new)}")
    said = f"the old code works with {_names(new)}" if new else "it knows every migration that is applied"
    return Verdict(findings=findings, back=True, sentence=f"you can go back: {said}{_doubts(findings)}")


def beyond(to: Migrations) -> tuple[tuple[str, str], ...]:
    """Applied migrations that an image does not have: whose SQL decides whether it can run (`wanted` of ci/migration_reader.py)."""
    known = {one.key for one in to.migrations} | {old for one in to.migrations for old in one.replaces}
    return tuple(sorted(to.applied - known))


def _minded(migration: Migration, old: Migrations) -> list[Finding]:
    """Its findings, without contractions of what the old code has no longer or knows of."""
    known = old.knows(migration)
    return [
        finding
        for finding in migration.findings
        if finding.meaning is not Meaning.CONTRACTING or (not known and finding.matters_to(old.tables))
    ]


def _contracting(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.meaning is Meaning.CONTRACTING]


def _listed(findings: Iterable[Finding]) -> str:
    return "; ".join(f"{finding.migration} {finding.does}" for finding in findings)


def _names(migrations: Iterable[Migration]) -> str:
    return ", ".join(str(one) for one in migrations)


def _doubts(findings: Iterable[Finding]) -> str:
    opaque = [finding for finding in findings if finding.meaning is Meaning.OPAQUE]
    return f", as far as can be read: {_listed(opaque)}" if opaque else ""


def _undo(running: Migrations, to: Migrations, new: tuple[Migration, ...]) -> str:
    """How the migrations could be reversed first, with the newer image."""
    if fixed := [one for one in new if not one.reversible]:
        return f"it can't be reversed first either: {_names(fixed)} is not reversible"
    commands = []
    for app in dict.fromkeys(one.app for one in reversed(new)):
        kept = [one.name for one in running.migrations if one.app == app and to.knows(one)]
        commands.append(f"python manage.py migrate {app} {kept[-1] if kept else 'zero'}")
    return f"reverse it first, in the newer image (what was removed comes back empty): {' && '.join(commands)}"
