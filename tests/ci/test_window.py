"""The time of day in which something may be done."""

from datetime import time

import pytest

from ci.window import WindowError, is_open


@pytest.mark.parametrize(
    ("window", "now", "opened"),
    [
        ("", time(12), True),
        ("02:00-04:00", time(2), True),
        ("02:00-04:00", time(4), False),
        ("23:00-01:00", time(0, 30), True),
        ("23:00-01:00", time(22, 59), False),
    ],
)
def test_a_window_has_a_begin_and_an_end_and_may_go_over_midnight(window: str, now: time, opened: bool) -> None:
    assert is_open(window, now) is opened


@pytest.mark.parametrize("window", ["2-4", "02:00", "24:00-25:00", "02:00 - 04:00"])
def test_a_window_that_is_none_is_an_error_that_shows_one(window: str) -> None:
    with pytest.raises(WindowError, match="like 02:00-04:00"):
        is_open(window, time(1))
