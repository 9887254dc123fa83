"""Encrypted values of a stack file, by path."""

from ci.preview.ciphertexts import ciphertexts, plaintexts, without

FILE = {
    "site:domain": "example.com",
    "site:secretKey": {"secure": "v1:a"},
    "site:secrets": {"STRIPE_KEY": {"secure": "v1:b"}, "with.dot": {"secure": "v1:c"}, "PLAIN": "x"},
    "site:aliases": ["a.example.com", {"secure": "v1:d"}],
}


def test_they_are_found_at_any_depth_by_the_path_that_the_cli_takes() -> None:
    assert ciphertexts(FILE) == {
        "site:secretKey": "v1:a",
        "site:secrets.STRIPE_KEY": "v1:b",
        'site:secrets["with.dot"]': "v1:c",
        "site:aliases[1]": "v1:d",
    }


def test_their_values_are_looked_up_by_the_same_paths() -> None:
    opened = {
        "site:domain": "example.com",
        "site:secretKey": "key",
        "site:secrets": {"STRIPE_KEY": 12, "with.dot": "c", "PLAIN": "x"},
        "site:aliases": ["a.example.com", "d"],
    }
    assert plaintexts(FILE, opened) == {
        "site:secretKey": "key",
        "site:secrets.STRIPE_KEY": "12",
        'site:secrets["with.dot"]': "c",
        "site:aliases[1]": "d",
    }


def test_without_them_the_rest_is_as_it_was() -> None:
    assert without(FILE) == {"site:domain": "example.com", "site:secrets": {"PLAIN": "x"}, "site:aliases": ["a.example.com"]}
