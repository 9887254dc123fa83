"""What a merge request may do without somebody's word."""

import pytest

from ci.preview.effects import Effect
from ci.preview.gate import Gate


def gate(effect: Effect, *labels: str, allowed: Effect = Effect.ROLLED) -> Gate:
    return Gate(stack="production", effect=effect, allowed=allowed, labels=labels)


@pytest.mark.parametrize("effect", [Effect.NOTHING, Effect.ROLLED])
def test_what_is_allowed_needs_no_label(effect: Effect) -> None:
    assert not gate(effect).above
    assert not gate(effect).shut


def test_above_it_is_shut_and_says_which_label_opens_it() -> None:
    found = gate(Effect.DOWNTIME)
    assert found.shut
    assert "add the label accept-downtime-production to the merge request and run a new pipeline" in str(found)


@pytest.mark.parametrize("label", ["accept-downtime-production", "accept-data-production"])
def test_a_label_of_the_effect_or_of_a_graver_one_opens_it(label: str) -> None:
    found = gate(Effect.DOWNTIME, "bug", label)
    assert not found.shut
    assert str(found) == f"downtime, accepted by the label {label}"


@pytest.mark.parametrize("label", ["accept-downtime-production", "accept-data-staging", "accept-data", "accept-data-production-2"])
def test_no_other_label_does(label: str) -> None:
    assert gate(Effect.DATA, label).shut


def test_the_stack_says_what_is_allowed() -> None:
    assert gate(Effect.ROLLED, allowed=Effect.NOTHING).shut
    assert not gate(Effect.DATA, allowed=Effect.DATA).above


def test_the_labels_are_those_of_the_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_MERGE_REQUEST_LABELS", "bug, accept-data-staging")
    assert not Gate.of_pipeline("staging", Effect.DATA, "rolled").shut
    assert Gate.of_pipeline("production", Effect.DATA, "rolled").shut
    monkeypatch.delenv("CI_MERGE_REQUEST_LABELS")
    assert Gate.of_pipeline("staging", Effect.DATA, "rolled").shut
