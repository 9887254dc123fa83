"""The preview bundle of a stack: all that a preview needs, and no secret."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from ci.config_file import read
from ci.preview.ciphertexts import ciphertexts
from ci.preview.preview_bundle import Bundle, BundleError
from ci.secret_value import opened, secret, texts
from ci.state import State
from tests.canaries import Scanner
from tests.ci.preview.pretended_previews import sha1, urn
from tests.ci.preview.previewing import ANOTHER, IMAGE, PASSWORD, ROTATED, SECRET_KEY, STRIPE, Checkout, encrypted

pytestmark = pytest.mark.integration


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    return Checkout.begin(tmp_path, monkeypatch)


def edit(checkout: Checkout, change: Any) -> None:
    """Change the state as plain data."""
    state = json.loads(checkout.state.read_text())
    change(State(state))
    checkout.state.write_text(json.dumps(state))


def test_it_holds_no_secret_in_any_form(checkout: Checkout) -> None:
    text = checkout.bundle().model_dump_json()
    assert Scanner({"password": PASSWORD, "key": SECRET_KEY, "stripe": STRIPE}).scan({"bundle": text}) == []
    for known in (PASSWORD, SECRET_KEY, STRIPE):
        assert hashlib.sha256(known.encode()).hexdigest()[:12] not in text


def test_it_has_what_everybody_may_know(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_COMMIT_SHA", "c0ffee")
    bundle = checkout.bundle("--verdict", "you can go back")
    assert bundle.exports == {"image": IMAGE, "url": "https://staging.example.com", "rotated": {"database": ROTATED}}
    assert (bundle.commit, bundle.verdict, bundle.stack) == ("c0ffee", "you can go back", "staging")
    assert bundle.config["site:serverSize"] == "s-1vcpu-2gb"
    assert "site:secretKey" not in bundle.config
    assert "v1:of-the-stack" not in bundle.model_dump_json()
    assert f"{ROTATED}\\\\n" in bundle.model_dump_json(), "what is exported in clear stays as it is"


def test_what_is_made_of_secrets_is_what_the_program_makes_of_fingerprints(checkout: Checkout) -> None:
    bundle = checkout.bundle()
    state = State(bundle.state)
    password = next(texts(state.of("random:index/randomPassword:RandomPassword")[0]["outputs"]["result"]))
    web, servers = (next(found for found in state.resources if found["urn"] == urn(name)) for name in ("web", "servers"))
    for part in ("inputs", "outputs"):
        assert web[part]["labels"][0]["value"] == hashlib.sha256(password.encode()).hexdigest()[:12]
    assert opened(servers["inputs"]["userData"]) == f"#cloud-config\n{password}", "also what is ignored until a rebuild"
    assert opened(servers["outputs"]["userData"]) == sha1(opened(servers["inputs"]["userData"]))


def test_a_secret_keeps_its_fingerprint_as_long_as_its_ciphertext_is_the_same(checkout: Checkout) -> None:
    bundle = checkout.bundle()
    found = ciphertexts(read(checkout.file))
    for path, cipher in found.items():
        assert bundle.fingerprint(path, cipher) == bundle.secrets[path][cipher]
        assert bundle.fingerprint(path, "another") != bundle.secrets[path][cipher]
    assert bundle.changed(read(checkout.file)) == []
    checkout.set(secretKey=encrypted("another"), secrets={"NEW": encrypted("new")})
    assert bundle.changed(read(checkout.file)) == ["site:secretKey", "site:secrets.NEW", "site:secrets.STRIPE_KEY"]


def test_two_bundles_have_nothing_in_common(checkout: Checkout) -> None:
    first, second = checkout.bundle(), checkout.bundle()
    for path, known in first.secrets.items():
        assert set(known.values()).isdisjoint(second.secrets[path].values())


def test_a_stack_that_is_not_what_the_program_declares_has_none(checkout: Checkout) -> None:
    checkout.set(serverSize="s-2vcpu-4gb")
    with pytest.raises(BundleError, match=r"staging is not what .*: update digitalocean Droplet servers \(size\); first: python -m ci up"):
        checkout.bundle()


def test_nor_has_one_whose_last_run_was_killed(checkout: Checkout) -> None:
    edit(checkout, lambda state: state.exported["deployment"].update(pending_operations=[{"type": "creating", "resource": {}}]))
    with pytest.raises(BundleError, match="python -m ci recover --stack staging"):
        checkout.bundle()


def test_a_secret_that_stands_in_clear_is_refused_by_its_place(checkout: Checkout) -> None:
    def leak(state: State) -> None:
        state.of("random:index/randomPassword:RandomPassword")[0]["outputs"]["told"] = f"it is {PASSWORD}"

    edit(checkout, leak)
    with pytest.raises(BundleError, match=r"1 secret would be published, and nothing was: see .*\[password\]\.outputs\.told") as caught:
        checkout.bundle()
    assert PASSWORD not in str(caught.value)
    assert not (checkout.folder.parent / "bundle.json").exists()


def test_a_secret_of_the_stack_file_in_clear_is_refused_too(checkout: Checkout) -> None:
    checkout.set(note=f"the key is {SECRET_KEY}")
    with pytest.raises(BundleError, match=r"config\.site:note"):
        checkout.bundle()


def test_what_the_stack_file_says_in_clear_is_no_secret_though_the_program_hides_it(checkout: Checkout) -> None:
    def hide(state: State) -> None:
        state.of("random:index/randomPassword:RandomPassword")[0]["outputs"]["where"] = secret("s3://bucket-of-the-state")

    edit(checkout, hide)
    checkout.set(stateUrl="s3://bucket-of-the-state")
    password = State(checkout.bundle().state).of("random:index/randomPassword:RandomPassword")[0]
    assert opened(password["outputs"]["where"]) == "s3://bucket-of-the-state"


def test_a_program_that_never_computes_the_same_is_named(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ci.preview.bundle._check_settled", lambda *_: None)
    checkout.set(restless=True)
    with pytest.raises(BundleError, match=r"after 6 previews .*: replace docker Secret environment \(data\)"):
        checkout.bundle()


@pytest.mark.parametrize("content", [b"", b"{}", b'{"version": 2}', b"[1]"])
def test_another_file_is_no_bundle(content: bytes) -> None:
    with pytest.raises(BundleError, match="that is no preview bundle"):
        Bundle.read(content)


def test_another_image_of_the_stack_file_is_not_what_runs(checkout: Checkout) -> None:
    checkout.set(image=ANOTHER)
    assert checkout.bundle().image == IMAGE
