"""What the tests put on PATH as `pulumi` where only previews matter: a small engine with a program of four resources.

A generated password; a Docker secret made of it and of the secretKey; a service with the hash of the password as a label and with the
secret's id; and a droplet, whose user data (a secret) is ignored unless `renewServer` is on. State is a file in the backend's folder; a
value of the config is encrypted by being turned round and put into base64. The program also reads `restless` (it never computes the same
twice), `broken` (it fails) and `replaces` (the droplet). Of its policy pack it says what `against` lists: an id, `mandatory` or
`advisory`, and words.
"""

import argparse
import base64
import hashlib
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

KEY, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
PARENT = "urn:pulumi:staging::site::site:infra:Site"
TYPES = {
    "environment": "docker:index/secret:Secret",
    "web": "docker:index/service:Service",
    "servers": "digitalocean:index/droplet:Droplet",
}
REPLACES = {"data", "userData"}


def urn(name: str) -> str:
    return f"{PARENT}${TYPES[name]}::{name}"


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def secret(value: Any) -> dict[str, str]:
    return {KEY: SECRET, "plaintext": json.dumps(value)}


def opened(value: Any) -> Any:
    return json.loads(value["plaintext"]) if isinstance(value, dict) and KEY in value else value


def decrypted(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"secure"}:
            return base64.b64decode(value["secure"]).decode()[::-1]
        return {name: decrypted(inner) for name, inner in value.items()}
    return value


def program(config: dict[str, Any], outputs: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The inputs of each resource."""
    password, key = opened(outputs["password"]["result"]), decrypted(config["site:secretKey"])
    data = f"PASSWORD={password}\nKEY={key}\n" + (secrets.token_hex() if config.get("site:restless") else "")
    return {
        "environment": {"data": secret(base64.b64encode(data.encode()).decode())},
        "web": {
            "image": config["site:image"],
            "labels": [{"label": "login", "value": hashlib.sha256(password.encode()).hexdigest()[:12]}],
            "updateConfig": {"order": "start-first"},
        },
        "servers": {"size": config["site:serverSize"], "userData": secret(f"#cloud-config\n{password}")},
    }


def preview(options: argparse.Namespace, state: dict[str, Any]) -> int:
    config = yaml.safe_load(options.config_file.read_text())["config"]
    if config.get("site:broken"):
        tell(diagnosticEvent={"severity": "error", "message": "Pulumi.staging.yaml has 1 thing to mend"})
        return 1
    there = {found["urn"].rpartition("::")[2]: found for found in state["deployment"]["resources"]}
    wanted, plans, replaced = program(config, {name: found["outputs"] for name, found in there.items()}), {}, set()
    for name in wanted:
        if options.target and urn(name) != options.target:
            continue
        old, new = there[name]["inputs"], dict(wanted[name])
        if name == "web":
            new["secretId"] = UNKNOWN if "environment" in replaced else there["environment"]["id"]
        if name == "servers" and config.get("site:replaces"):
            new["userData"] = secret("#cloud-config\nanother")
        elif name == "servers" and not config.get("site:renewServer"):
            new["userData"] = old["userData"]
        changed = sorted(key for key in new if new[key] != old.get(key))
        op = "same" if not changed else "replace" if REPLACES & set(changed) else "update"
        if op == "replace":
            replaced.add(name)
        states = {"old": {"custom": True, "inputs": old}, "new": {"custom": True, "inputs": new}}
        diff = {key: {"diffKind": "update-replace" if key in REPLACES else "update"} for key in changed}
        metadata = {"op": op, "urn": urn(name), "type": TYPES[name], "detailedDiff": diff, **states}
        tell(resourcePreEvent={"metadata": metadata, "planning": True})
        plans[urn(name)] = {"goal": {"inputDiff": {"updates": {key: new[key] for key in changed}}}}
    for id, level, words in config.get("site:against", []) if options.policy_pack else ():
        told = {"policyPackName": "site", "policyName": id, "enforcementLevel": level, "message": f"The rule.\n{words}\n"}
        tell(policyEvent={"resourceUrn": urn("web"), **told})
    if options.save_plan:
        options.save_plan.write_text(json.dumps({"resourcePlans": plans}))
    if any(level == "mandatory" for _, level, _ in config.get("site:against", [])):
        tell(diagnosticEvent={"severity": "error", "message": "preview failed"})
        return 1
    return 0


def tell(**event: Any) -> None:
    print(json.dumps({"sequence": 1, **event}, separators=(",", ":")))


def main() -> int:
    """Answer."""
    words = [word for word in sys.argv[3:] if word != "--json" and not word.startswith("--stack=")]
    file, backend = Path("Pulumi.staging.yaml"), Path(urlsplit(os.environ["PULUMI_BACKEND_URL"]).path, "state.json")
    match words:
        case ["stack", "init", "--no-select"]:
            file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | {"encryptionsalt": "v1:salt"}))
        case ["stack", "import"]:
            state = json.load(sys.stdin)
            if state["deployment"].get("secrets_providers") != {"type": "passphrase", "state": {"salt": "v1:salt"}}:
                return print("error: there is nothing to encrypt with", file=sys.stderr) or 1
            backend.write_text(json.dumps(state))
        case ["stack", "export", "--show-secrets"]:
            print(backend.read_text())
        case ["config", "--show-secrets"]:
            config = yaml.safe_load(file.read_text())["config"]
            print(json.dumps({key: {"value": decrypted(value), "objectValue": decrypted(value)} for key, value in config.items()}))
        case ["config", "set-all", "--path", *pairs]:
            content = yaml.safe_load(file.read_text())
            for pair in pairs[1::2]:
                path, _, value = pair.partition("=")
                key, _, name = path.partition(".")
                place, name = (content["config"].setdefault(key, {}), name) if name else (content["config"], key)
                place[name] = {"secure": base64.b64encode(value[::-1].encode()).decode()}
            file.write_text(yaml.safe_dump(content))
        case ["preview", *rest]:
            parser = argparse.ArgumentParser()
            parser.add_argument("--config-file", type=Path, default=file)
            parser.add_argument("--save-plan", type=Path)
            parser.add_argument("--target", default="")
            parser.add_argument("--policy-pack")
            parser.add_argument("--show-secrets", action="store_true")
            return preview(parser.parse_args(rest), json.loads(backend.read_text()))
        case _:
            print(f"error: the tests have no `pulumi {' '.join(words)}`", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
