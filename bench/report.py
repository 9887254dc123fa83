"""What became of the requests of one load."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """What became of the requests: each was answered as it should be, or lost."""

    requests: int
    lost: dict[str, int]
    """By path and kind: a status other than 200, a wrong body, or the error."""
    stale: int
    """Kept-alive connections that closed while they were idle; their requests were sent again on new ones, as any client does."""
    longest_gap_s: float
    """Longest time without a good answer, from the clock's start to its end."""
    p50_ms: float | None
    """Of the good answers that were not told to be slow; None where there are none."""
    p99_ms: float | None
    seconds: float
    releases: dict[str, int]
    """How many home pages each release answered, in the order of their first."""

    def as_row(self, way: str) -> dict[str, str | int | float | None]:
        """A line of a table that compares ways of doing something under load."""
        return {
            "way": way,
            "requests": self.requests,
            "lost": sum(self.lost.values()),
            "longest_gap_s": self.longest_gap_s,
            "p50_ms": self.p50_ms,
            "p99_ms": self.p99_ms,
            "seconds": self.seconds,
        }
