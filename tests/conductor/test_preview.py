"""What a preview tells, and that telling is all it does."""

from rich.console import Console

from rehearsal.conductor.step import Op
from rehearsal.conductor.tree import tree
from tests.conductor.stage import Events, Stage


def shown(stage: Stage, **config: str) -> str:
    console = Console(record=True, width=120, color_system=None, file=stage.folder.joinpath("screen").open("w"))
    with console.file:
        console.print(tree(stage.run(**config).preview()))
    return console.export_text()


def test_a_preview_touches_nothing(stage: Stage) -> None:
    events = Events()
    outcome = stage.run().preview(events)

    assert outcome.count(Op.CREATE) == 4
    assert events == []
    assert [path.name for path in stage.folder.iterdir()] == ["program"]


def test_a_preview_of_an_unchanged_program_has_the_ledgers_outputs(stage: Stage) -> None:
    made = stage.run().up()
    before = stage.ledger.read_bytes()

    seen = stage.run().preview()

    assert seen.count(Op.SAME) == 4
    assert seen.exports == made.exports
    assert stage.ledger.read_bytes() == before


def test_what_an_update_may_change_is_computed_for_those_who_use_it(stage: Stage) -> None:
    stage.run().up()

    outcome = stage.run(note="new").preview()

    changes = {step.name: (step.op, step.properties) for step in outcome.steps if step.op is not Op.SAME}
    assert changes == {"first": (Op.UPDATE, ("environment",)), "second": (Op.UPDATE, ("create",))}
    assert "out" not in outcome.exports


def test_a_preview_tells_replacements_and_deletions(stage: Stage) -> None:
    stage.run().up()

    outcome = stage.run(generation="2", second="false").preview()

    assert {step.name: step.op for step in outcome.steps if step.op is not Op.SAME} == {"password": Op.REPLACE, "second": Op.DELETE}


def test_what_a_run_did_not_finish_is_to_be_created_and_not_deleted(stage: Stage) -> None:
    stage.run().up()
    stage.ledger.write_text(stage.ledger.read_text().replace('"state": "done"', '"state": "creating"'))

    outcome = stage.run().preview()

    assert [step.op for step in outcome.steps] == [Op.CREATE] * 4


def test_the_tree_groups_changes_below_their_components(stage: Stage) -> None:
    stage.run().up()

    lines = shown(stage, generation="2", second="false", note="new").splitlines()

    assert lines == [
        "test:index:Parts outer",
        "└── test:index:Parts inner",
        "    ├── +- random RandomPassword password keepers",
        "    └── ~ command Command first environment",
        "- command Command second",
        "1 to update, 1 to replace, 1 to delete, 1 unchanged",
    ]


def test_a_tree_without_changes_is_a_count(stage: Stage) -> None:
    stage.run().up()

    assert shown(stage) == "4 unchanged\n"


def test_a_preview_tells_what_is_against_the_policy(stage: Stage) -> None:
    found = {violation.resource: violation for violation in stage.run().preview().violations}
    assert found["command Command second"].id == "SITE-RES-1"
    assert not found["command Command second"].allowed
    assert "command Command first" not in found, "it belongs to a component"


def test_what_the_config_allows_has_its_reason(stage: Stage) -> None:
    found = stage.run(allowedViolations='{"SITE-RES-1": "for the test"}').preview().violations
    assert {violation.allowed for violation in found} == {"for the test"}
