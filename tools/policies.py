"""The table of rules in policy/README.md, made from the rules: `make format` writes it, a test compares it."""

from pathlib import Path

from policy.rules import RULES

CHECKOUT = Path(__file__).resolve().parents[1]
START, END = "<!-- rules: made from policy/*.py by `make format` -->", "<!-- end of rules -->"


def table() -> str:
    """Id, what, why, and the ids of others that ask for the same."""
    rows = ["| id | what | why | the same elsewhere |", "| --- | --- | --- | --- |"]
    rows += [f"| {rule.id} | {rule.title} | {rule.reason} | {'; '.join(rule.same)} |" for rule in RULES]
    return "\n".join(rows)


def updated(readme: str) -> str:
    """The README with the table as it should be."""
    before, _, rest = readme.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    file = CHECKOUT / "policy" / "README.md"
    file.write_text(updated(file.read_text()))
