"""What the tests put on PATH as `pulumi` and as `ssh`: answers from answers.json beside it, and notes each call in calls.jsonl.

answers.json: `state` (an export, or null: no such stack), `lock` (the backend's words, or empty), `config` (by key), `cloud` (what a
refresh of a URN finds: outputs, or null where it is gone), `drift` (the events of a refresh that only looks, and the words with which it
fails), `preview` (its events), `history` (of the updates), `events` and `fails` of an `up` (a list: of each in turn), `becomes` (answers
that an `up` changes where it goes well), `host` (what scripts print, by a part of them, or null where the host does not answer; a number
is an exit code, a list the words of a failure), `hostKey` (the only key that the host has, or empty), `asked` and `before` (the stack
file of the last `up`, and of the one before). `config set`, `rm` and `--show-secrets` work on the stack file itself, as the real one
does; `refuses` is a key that `config set` fails on, and `passphrase`, where there is one, is needed to read secrets.
"""

import argparse
import base64
import itertools
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(sys.argv[0]).parent


def pulumi(words: list[str], answers: dict[str, Any]) -> str:
    """What a command prints; raises SystemExit where it fails."""
    state = answers["state"]
    match words:
        case ["stack", "init", *_]:
            if state is not None:
                raise SystemExit(answers["lock"] or "error: stack 'organization/site/staging' already exists")
            answers["state"] = {"version": 3, "deployment": {}}
        case ["config", "get", key]:
            if key not in answers["config"]:
                raise SystemExit(f"error: configuration key '{key}' not found for stack 'staging'")
            return str(answers["config"][key])
        case ["config", ("--show-secrets" | "set" | "rm"), *_]:
            _unlocked(answers)
            return _config(words, answers.get("refuses", ""))
        case _ if state is None:
            raise SystemExit("error: no stack named 'staging' found")
        case ["stack", "change-secrets-provider", "passphrase"]:
            _unlocked(answers)
            answers["passphrase"] = sys.stdin.readline().removesuffix("\n")
            file = Path("Pulumi.staging.yaml")
            file.write_text(re.sub("(?m)^encryptionsalt: .*$", "encryptionsalt: v1:another", file.read_text()))
        case ["stack", "export", *_]:
            return json.dumps(state)
        case ["stack", "import"]:
            answers["state"] = json.load(sys.stdin)
        case ["cancel", "--yes"]:
            answers["lock"] = ""
        case ["stack", "history", *_]:
            return json.dumps(answers["history"])
        case ["preview", *_]:
            print(*map(json.dumps, answers.get("preview", [])), sep="\n")
        case ["refresh", "--preview-only"]:
            events, fails = answers["drift"]
            print(*map(json.dumps, events), sep="\n")
            if fails:
                raise SystemExit(fails)
        case ["refresh", *rest]:
            _refresh(state["deployment"], rest, answers["cloud"])
        case ["up", *rest]:
            if "--config-file" in rest:
                answers["before"], answers["asked"] = answers["asked"], Path(rest[rest.index("--config-file") + 1]).read_text()
            print(*map(json.dumps, answers["events"]), sep="\n")
            fails = answers["fails"]
            if fails := (fails.pop(0) if fails else "") if isinstance(fails, list) else fails:
                save(answers)
                raise SystemExit(fails)
            answers.update(answers.get("becomes", {}))
        case _:
            raise SystemExit(f"error: the tests have no `pulumi {' '.join(words)}`")
    return ""


def _unlocked(answers: dict[str, Any]) -> None:
    """Secrets can be read."""
    if answers.get("passphrase", "") not in ("", os.environ.get("PULUMI_CONFIG_PASSPHRASE")):
        raise SystemExit(answers.get("shut", "error: get stack secrets manager: incorrect passphrase"))


def _config(words: list[str], refuses: str) -> str:
    """What it prints of the stack file, or an edit of it."""
    import yaml  # only here, because it takes as long as all the rest of a call

    parser = argparse.ArgumentParser()
    for flag in ("--show-secrets", "--secret", "--plaintext", "--path", "--raw"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--type")
    parser.add_argument("--config-file", type=Path, default=Path("Pulumi.staging.yaml"))
    parser.add_argument("rest", nargs="*")
    options = parser.parse_intermixed_args(words[1:])
    content = yaml.safe_load(options.config_file.read_text())
    if options.show_secrets:
        return json.dumps({key: _shown(value) for key, value in content["config"].items()})
    edit, key, *given = options.rest
    if key == refuses:
        raise SystemExit(f"error: could not set {key}: {sys.stdin.read()}")
    first, _, name = key.partition(".") if options.path else (key, "", "")
    place, name = (content["config"].setdefault(first, {}), name) if name else (content["config"], first)
    if edit == "rm":
        del place[name]
    else:
        text = given[0] if given else sys.stdin.read()
        text = text if options.raw else text.rstrip("\n")
        secure = {"secure": base64.b64encode(text.encode()).decode()}
        typed = yaml.safe_load(text) if text in ("true", "false") or text.isdigit() else text
        place[name] = secure if options.secret else text if options.type == "string" or not options.path else typed
    options.config_file.write_text(yaml.safe_dump(content))
    return ""


def _shown(value: Any) -> dict[str, Any]:
    """A value as `config --json` has it, with what is secret in it opened."""

    def opened(value: Any) -> Any:
        if isinstance(value, dict):
            return (
                base64.b64decode(value["secure"]).decode() if "secure" in value else {name: opened(inner) for name, inner in value.items()}
            )
        return value

    plain = opened(value)
    return {"value": json.dumps(plain), "objectValue": plain} if isinstance(plain, dict | list) else {"value": str(plain)}


def _refresh(deployment: dict[str, Any], words: list[str], cloud: dict[str, Any]) -> None:
    """Take over what the cloud says of each target."""
    targets = [after for before, after in itertools.pairwise(words) if before == "--target"]
    for resource in deployment["resources"]:
        if resource["urn"] in targets and cloud.get(resource["urn"]):
            resource["outputs"] = cloud[resource["urn"]]
    gone = [urn for urn in targets if urn in cloud and cloud[urn] is None]
    deployment["resources"] = [resource for resource in deployment["resources"] if resource["urn"] not in gone]


def ssh(words: list[str], answers: dict[str, Any]) -> str:
    """What a script on the host prints."""
    if answers["host"] is None:
        raise SystemExit("ssh: connect to host 203.0.113.10 port 22: Connection timed out")
    if not any(answers.get("hostKey", "") in word for word in words):
        raise SystemExit("Host key verification failed.")
    said = next((said for part, said in answers["host"].items() if part in words[-1]), "")
    if not isinstance(said, str):
        raise SystemExit(said if isinstance(said, int) else "\n".join(said))
    return said


def save(answers: dict[str, Any]) -> None:
    """Whole or not at all: others may read it meanwhile."""
    new = HERE / f"answers.{os.getpid()}"
    new.write_text(json.dumps(answers))
    new.replace(HERE / "answers.json")


def main() -> None:
    """Answer."""
    program, words = Path(sys.argv[0]).name, sys.argv[1:]
    answers = json.loads((HERE / "answers.json").read_text())
    if program == "pulumi":
        assert words[:2] == ["--non-interactive", "--color=never"]
        words = [word for word in words[2:] if word != "--json" and not word.startswith("--stack=")]
        noted = words
    else:
        noted = ["ssh", words[-1]]
    with (HERE / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps([*noted, *(["MUST=1"] if os.environ.get("MUST") and noted[0] == "up" else [])]) + "\n")
    print(pulumi(words, answers) if program == "pulumi" else ssh(words, answers), end="")
    if program == "pulumi":
        save(answers)


if __name__ == "__main__":
    main()
