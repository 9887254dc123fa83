"""What is hidden, and what is left to read."""

import base64
import json

import pytest

from ci.mask import Mask


def masked(secret: object, text: str) -> str:
    mask = Mask()
    mask.learn([secret])
    return mask(text)


@pytest.mark.parametrize(
    "secret",
    [
        "open sesame",
        "NAME='open sesame'\nOTHER=1\n",
        json.dumps([{"user": "pull", "password": "open sesame"}]),
        {"nested": ["open sesame"]},
        base64.b64encode(b"first line\nopen sesame").decode(),
    ],
)
def test_a_secret_is_hidden_in_whatever_it_was_given(secret: object) -> None:
    assert masked(secret, "it was open sesame, again") == "it was [secret], again"


def test_the_longest_secret_is_hidden_first() -> None:
    mask = Mask()
    mask.learn(["sesame", "open sesame"])

    assert mask("open sesame") == "[secret]"


def test_short_pieces_do_not_blot_out_plain_words() -> None:
    assert masked(json.dumps({"username": "pull"}), "could not pull") == "could not pull"


def test_a_value_that_is_no_text_is_none_to_hide() -> None:
    assert masked(None, "None of it") == "None of it"
