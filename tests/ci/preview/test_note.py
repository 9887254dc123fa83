"""The note on a merge request."""

from dataclasses import replace
from typing import Any

from ci.ages import Age
from ci.preview.change import Change, Op
from ci.preview.effects import Effect, Impact
from ci.preview.gate import Gate
from ci.preview.note import MOST, failed, marker, render, summary
from ci.preview.outlook import Outlook, report
from ci.preview.preview_bundle import Bundle
from ci.preview.prices import Bill
from policy.violation import Violation

SITE = "urn:pulumi:staging::site::site:infra:Site$docker:index/service:Service"


def impact(name: str, effect: Effect, op: Op = "update", sentence: str = "does something", **more: Any) -> Impact:
    change = Change(urn=f"{SITE}::{name}", type="docker:index/service:Service", op=op, properties=("image",))
    return Impact(change=change, effect=effect, sentence=sentence, causes=more.get("causes", ("image",)))


def outlook(*impacts: Impact, **more: Any) -> Outlook:
    made = Bundle(
        stack="staging", made="2026-11-21T18:30:00Z", commit="c0ffee0123456789", verdict="", config={}, secrets={}, exports={}, state={}
    )
    effect = max((impact.effect for impact in impacts), default=Effect.NOTHING)
    bill = Bill(dollars=12, unknown=())
    found = Outlook(
        bundle=made,
        gate=Gate(stack="staging", effect=effect, allowed=Effect.ROLLED),
        impacts=impacts,
        secrets=(),
        overdue=(),
        waiting=(),
        before=bill,
        after=bill,
        image="",
        violations=(),
        whole=True,
    )
    return replace(found, **more)


def test_its_first_line_is_its_mark_and_its_next_the_summary() -> None:
    found = outlook(impact("web", Effect.ROLLED), impact("beat", Effect.DOWNTIME, "delete"), impact("a", Effect.NOTHING, "create"))
    lines = render(found).splitlines()
    assert lines[0] == marker("staging") == "<!-- site preview staging -->"
    assert lines[2] == f"### {summary(found)}" == "### staging: **downtime** (1 to create, 1 to update, 1 to delete)"


def test_what_visitors_notice_is_in_the_open_and_the_rest_is_folded() -> None:
    text = render(outlook(impact("web", Effect.ROLLED), impact("quiet", Effect.NOTHING)))
    opened, _, folded = text.partition("<details>")
    assert "`docker Service web`" in opened
    assert "`docker Service quiet`" not in opened
    assert folded.startswith("<summary>1 change that no visitor notices</summary>\n\n| effect |")


def test_it_says_what_to_do_where_more_is_done_than_is_allowed() -> None:
    assert "> ⛔ downtime is more than" in render(outlook(impact("web", Effect.DOWNTIME)))
    assert "⛔" not in render(outlook(impact("web", Effect.ROLLED)))


def test_names_can_neither_break_the_table_nor_mention_anybody() -> None:
    text = render(outlook(impact("`@all` | <img>\n\n# x", Effect.ROLLED, causes=("a|b`c",))))
    [row] = [line for line in text.splitlines() if line.startswith("| rolled")]
    assert row == "| rolled | `update` `docker Service '@all' ¦ <img> # x` | does something | `a¦b'c` |"


def test_a_long_table_is_cut() -> None:
    text = render(outlook(*(impact(f"web-{place}", Effect.ROLLED) for place in range(MOST + 7))))
    assert len([line for line in text.splitlines() if line.startswith("| rolled")]) == MOST
    assert "… and 7 more" in text


def test_the_lines_below_are_one_list() -> None:
    age = Age(name="database", since="2026-01-01T00:00:00Z", days=200, limit=180)
    bill = Bill(dollars=24, unknown=("a registry, basic",))
    text = render(outlook(secrets=("site:secretKey", "site:secrets.A"), waiting=("`x` waits",), overdue=(age,), after=bill))
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    assert lines == [
        "- **Secrets** that the stack file has otherwise than what runs: `site:secretKey`, `site:secrets.A`",
        "- **Not yet**: `x` waits",
        "- **Past its age**: `database`, last rotated 200 days ago (limit 180): `python -m ci rotate database --stack staging`",
        "- **Cost a month**: $12 → $24 for what has a known price; no known price for a registry, basic",
    ]
    assert "\n".join(lines) in text


def test_it_says_where_a_preview_is_not_whole_and_what_it_is_compared_with() -> None:
    text = render(outlook(whole=False))
    assert "**Not all is listed**" in text
    assert "<sub>Compared with the state of 2026-11-21T18:30:00Z of commit `c0ffee01`." in text


def test_a_failure_is_told_as_it_is_and_can_not_leave_its_frame() -> None:
    text = failed("staging", "it broke\n````````\n@all")
    assert text.startswith("<!-- site preview staging -->\n\n### staging: the preview failed\n\n````````\nit broke\n")
    assert text.count("````````") == 2


def test_a_replacement_counts_as_both_in_gitlabs_report() -> None:
    found = outlook(impact("a", Effect.ROLLED, "replace"), impact("b", Effect.ROLLED, "create"), impact("c", Effect.ROLLED))
    assert report(found) == {"create": 2, "update": 1, "delete": 1}


def test_what_is_against_the_policy_comes_before_what_is_allowed_with_how_to_mend_it() -> None:
    urn = "urn:pulumi:staging::site::site:infra:Network$digitalocean:index/firewall:Firewall::network"
    allowed = Violation(id="SITE-SSH-1", urn=urn, message="ssh is open to ::/0", mend="name your networks", allowed="no address | yet")
    refused = Violation(id="SITE-NET-1", urn=urn, message="tcp 5432 is open to ::/0", mend="give the port the VPC's range")
    found = outlook(violations=(allowed, refused))
    rows = [line for line in render(found).splitlines() if "SITE-" in line]
    assert rows == [
        "| ⛔ `SITE-NET-1` | `digitalocean Firewall network` | tcp 5432 is open to ::/0 | give the port the VPC's range |",
        "| ✅ `SITE-SSH-1` | `digitalocean Firewall network` | ssh is open to ::/0 | allowed: no address ¦ yet |",
    ]
    assert found.shut
    assert not outlook(violations=(allowed,)).shut
