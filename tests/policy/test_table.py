"""policy/README.md lists every rule, as the rules say it themselves."""

import pytest

from policy.rule import Rule
from policy.rules import RULES
from tests.infra.values import CHECKOUT
from tools.policies import updated

README = (CHECKOUT / "policy" / "README.md").read_text()


def test_the_table_is_that_of_the_rules() -> None:
    assert updated(README) == README, "make format"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_id_stands_in_the_table_once_with_its_reason(rule: Rule) -> None:
    rows = [line for line in README.splitlines() if line.startswith(f"| {rule.id} |")]
    assert len(rows) == 1
    assert rule.reason in rows[0]
