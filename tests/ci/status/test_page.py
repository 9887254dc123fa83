"""The page: one file, harmless whatever the facts say."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

from ci.status.fact import Fact
from ci.status.page import page
from ci.status.report import Report

ODD = '<script>alert("1")</script> & $title {domain}'


def report(*facts: Fact, stack: str = "staging") -> Report:
    return Report(stack=stack, url="https://site.example", asked=datetime(2026, 1, 2, 3, 4, tzinfo=UTC), facts=facts)


class Reader(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_whatever_a_fact_says_is_text() -> None:
    found = Reader(page([report(Fact(topic=ODD, name=ODD, value=ODD, state="bad", hint=ODD), stack=ODD)]))
    assert not [tag for tag, _ in found.tags if tag == "script"]
    assert found.text.count(ODD) == 6, "title, heading, topic, name, value and hint"


def test_it_fetches_nothing_and_runs_nothing() -> None:
    text = page([report(Fact(topic="site", name="health", value="answers"))])
    found = Reader(text)
    assert not [name for _, given in found.tags for name in given if name in ("src", "href") or name.startswith("on")]
    assert not re.search(r"url\(|@import", text)
    [policy] = [given["content"] for tag, given in found.tags if given.get("http-equiv") == "Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_it_fits_a_phone_and_follows_the_readers_light_or_dark() -> None:
    text = page([report()])
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text
    assert "@media (prefers-color-scheme: dark)" in text


def test_several_stacks_are_one_page() -> None:
    one, two = report(Fact(topic="a", name="a", value="a", state="warn")), report(stack="production")
    text = page([one, two])
    assert "<title>staging: there is something to do; production: all is well</title>" in text
    assert text.count("<h1>") == 2
    assert "as of 2026-01-02 03:04 UTC" in text
