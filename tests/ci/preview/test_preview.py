"""`python -m ci preview`: what a merge request would do, in a note, in files and in the exit code."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ci.cli import CliError
from ci.preview import packages
from ci.preview.preview_bundle import FILE, Bundle, BundleError
from rehearsal.cloud.gitlab import jobs
from tests.ci.preview.previewing import ANOTHER, Checkout, encrypted
from tests.cloud.gitlab_server import OTHER, Site, serving

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The bundle of a stack that is the same for each test."""
    with pytest.MonkeyPatch.context() as patch:
        return Checkout.begin(tmp_path_factory.mktemp("made"), patch).bundle("--verdict", "after this release you can go back")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, published: Bundle) -> Checkout:
    """Whose bundle was made; nothing tells that this is a job."""
    for name in ("NOTE_TOKEN", "CI_JOB_TOKEN", "CI_MERGE_REQUEST_LABELS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "bundle.json").write_text(published.model_dump_json())
    return Checkout.begin(tmp_path, monkeypatch)


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("gitlab")) as site:
        yield site


def note(checkout: Checkout, *words: str) -> str:
    file = checkout.folder.parent / "note.md"
    checkout.preview("--note-file", str(file), *words)
    return file.read_text()


def test_where_nothing_was_changed_nothing_changes(checkout: Checkout) -> None:
    code, out = checkout.preview()
    assert (code, out.splitlines()[0]) == (0, "staging: nothing changes")
    told = note(checkout)
    assert told.startswith("<!-- site preview staging -->\n\n### staging: nothing changes\n")
    assert "- **Going back**, as the last release said: after this release you can go back\n" in told
    assert "`database`, last rotated" in told, "a secret past its age"
    assert "- **Cost a month**: $12, as before for what has a known price\n" in told


def test_a_secret_with_another_ciphertext_shows_as_changed_without_its_value(checkout: Checkout) -> None:
    checkout.set(secretKey=encrypted("the new key"))
    code, out = checkout.preview()
    assert (code, out.splitlines()[0]) == (0, "staging: rolled without loss (1 to update, 1 to replace)")
    told = note(checkout)
    assert "**Secrets** that the stack file has otherwise than what runs: `site:secretKey`" in told
    assert "fingerprint-" not in told
    assert "the new key" not in told


def test_a_larger_droplet_waits_for_a_label(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.set(serverSize="s-2vcpu-4gb")
    code, out = checkout.preview()
    assert code == 3
    assert "downtime servers: the droplet is switched off, resized and started" in out
    assert "add the label accept-downtime-staging to the merge request" in out
    told = note(checkout)
    assert "### staging: **downtime** (1 to update)" in told
    assert "| **downtime** | `update` `digitalocean Droplet servers` |" in told
    assert "| `size` |" in told
    assert "$12 → $24" in told
    monkeypatch.setenv("CI_MERGE_REQUEST_LABELS", "accept-downtime-staging")
    code, out = checkout.preview()
    assert (code, out.splitlines()[-1]) == (0, "✓ downtime, accepted by the label accept-downtime-staging")


def test_a_merge_request_can_not_allow_itself_more(checkout: Checkout) -> None:
    checkout.set(serverSize="s-2vcpu-4gb", allowedEffect="data")
    assert checkout.preview()[0] == 3


def test_what_main_allows_is_allowed(checkout: Checkout) -> None:
    checkout.set(allowedEffect="downtime")
    checkout.bundle()
    checkout.set(serverSize="s-2vcpu-4gb")
    assert checkout.preview()[0] == 0


def test_the_image_of_the_stack_file_changes_nothing_and_one_that_is_named_does(checkout: Checkout) -> None:
    checkout.set(image=ANOTHER)
    assert checkout.preview()[1].splitlines()[0] == "staging: nothing changes"
    code, out = checkout.preview("--image", ANOTHER)
    assert (code, out.splitlines()[0]) == (0, "staging: rolled without loss (1 to update)")
    assert f"Previewed with the image `{ANOTHER}`." in note(checkout, "--image", ANOTHER)


def test_a_renewal_without_a_reason_changes_nothing(checkout: Checkout) -> None:
    checkout.set(renewServer=True)
    assert checkout.preview()[1].splitlines()[0] == "staging: nothing changes"


def test_scripts_get_json_and_gitlab_its_report(checkout: Checkout) -> None:
    checkout.set(secretKey=encrypted("the new key"))
    out, widget = checkout.folder.parent / "out.json", checkout.folder.parent / "report.json"
    checkout.preview("--json", str(out), "--report", str(widget))
    assert json.loads(widget.read_text()) == {"create": 1, "update": 1, "delete": 1}
    told = json.loads(out.read_text())
    assert (told["effect"], told["allowed"], told["accepted"], told["secrets"]) == ("rolled", "rolled", True, ["site:secretKey"])
    assert [(change["operation"], change["effect"]) for change in told["changes"]] == [("update", "rolled"), ("replace", "nothing")]


def test_a_preview_that_fails_says_so_in_the_note_too(checkout: Checkout) -> None:
    checkout.set(broken=True)
    file = checkout.folder.parent / "note.md"
    with pytest.raises(CliError, match="1 thing to mend"):
        checkout.preview("--note-file", str(file))
    assert file.read_text().startswith("<!-- site preview staging -->\n\n### staging: the preview failed\n")
    assert "1 thing to mend" in file.read_text()


def test_a_note_that_can_not_be_written_hides_nothing(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOTE_TOKEN", "CI_MERGE_REQUEST_IID", "CI_MERGE_REQUEST_PROJECT_ID"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("CI_API_V4_URL", "http://127.0.0.1:1/api/v4")
    checkout.set(serverSize="s-2vcpu-4gb")
    code, out = checkout.preview()
    assert code == 3
    assert "! the note could not be written" in out


def test_the_bundle_of_another_stack_is_refused(checkout: Checkout) -> None:
    file = checkout.folder.parent / "bundle.json"
    file.write_text(file.read_text().replace('"stack":"staging"', '"stack":"production"'))
    with pytest.raises(BundleError, match="that is the bundle of production, not of staging"):
        checkout.preview()


@pytest.fixture
def job(checkout: Checkout, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process is a job of the project, once the checkout is there."""
    assert checkout.folder.exists()
    monkeypatch.setenv("CI_API_V4_URL", f"{site.url}/api/v4")
    monkeypatch.setenv("CI_PROJECT_ID", str(site.project(OTHER).id))
    monkeypatch.setenv("CI_JOB_TOKEN", jobs.begin(site.store, OTHER, "preview")["token"])
    monkeypatch.setenv("SSL_CERT_FILE", site.certificate)


@pytest.mark.usefixtures("job")
def test_what_was_said_of_a_release_holds_until_the_next_one(checkout: Checkout) -> None:
    def told() -> str:
        content = packages.get("staging", FILE)
        assert content
        return Bundle.read(content).verdict

    checkout.publish("--verdict", "you can go back")
    assert told() == "you can go back"
    checkout.publish()
    assert told() == "you can go back"
    old = json.loads(packages.get("staging", FILE) or b"") | {"exports": {"image": ANOTHER}}
    packages.put("staging", FILE, json.dumps(old).encode())
    checkout.publish()
    assert told() == "", "that was another release"


@pytest.mark.usefixtures("job")
def test_the_bundle_comes_from_the_projects_packages(checkout: Checkout) -> None:
    file = checkout.folder.parent / "bundle.json"
    assert checkout.preview(file=False) == (
        4,
        "there is no preview bundle of staging yet: the pipeline of main makes it after its next `up`\n",
    )
    packages.put("staging", FILE, file.read_bytes())
    assert checkout.preview(file=False)[0] == 0


def test_what_is_against_the_policy_is_told_and_fails_the_job(checkout: Checkout) -> None:
    checkout.set(against=[["SITE-SVC-2", "mandatory", "it publishes port 8000"]])
    code, out = checkout.preview("--json", str(checkout.folder.parent / "all.json"))
    assert code == 3
    assert "✗ SITE-SVC-2 docker Service web: it publishes port 8000 (reach the service by its name on the site's network)" in out
    assert "| ⛔ `SITE-SVC-2` | `docker Service web` | it publishes port 8000 |" in note(checkout)
    told = json.loads((checkout.folder.parent / "all.json").read_text())["violations"]
    assert [(found["id"], found["allowed"]) for found in told] == [("SITE-SVC-2", "")]


def test_what_the_stack_file_allows_is_told_with_its_reason_and_goes_on(checkout: Checkout) -> None:
    checkout.set(against=[["SITE-SVC-2", "advisory", "it publishes port 8000"]], allowedViolations={"SITE-SVC-2": "for the audit"})
    code, out = checkout.preview()
    assert code == 0
    assert "! SITE-SVC-2 docker Service web: it publishes port 8000 (allowed: for the audit)" in out


def test_a_droplet_is_not_replaced_without_an_allowance(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    """The label that accepts what it does to visitors is another question."""
    monkeypatch.setenv("CI_MERGE_REQUEST_LABELS", "accept-data-staging")
    checkout.set(replaces=True)
    code, out = checkout.preview()
    assert code == 3
    assert "✗ SITE-REPLACE-1 digitalocean Droplet servers: it would be replaced (to renew it: python -m ci rebuild" in out
    checkout.set(allowedViolations={"SITE-REPLACE-1": "a new one is wanted"})
    assert checkout.preview()[0] == 0


def test_a_program_that_fails_is_no_question_of_policy(checkout: Checkout) -> None:
    checkout.set(broken=True, against=[["SITE-SVC-2", "mandatory", "it publishes port 8000"]])
    with pytest.raises(CliError, match="1 thing to mend"):
        checkout.preview()
