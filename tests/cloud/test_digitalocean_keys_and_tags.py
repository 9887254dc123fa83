"""SSH keys of the account, and tags."""

from tests.cloud.digitalocean_server import Api

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKHEChQyYU8Cp7LVLTW3ln5kvvH6CxIyR6Kx8kTOpoNo"


def test_the_same_public_key_is_taken_once(api: Api) -> None:
    api.post("/v2/account/keys", name="ci", public_key=KEY)
    message = api.refused(422, "POST", "/v2/account/keys", name="other", public_key=f"{KEY} with a comment")
    assert message == "SSH Key is already in use on your account"


def test_what_is_no_public_key_is_refused(api: Api) -> None:
    assert "Key invalid" in api.refused(422, "POST", "/v2/account/keys", name="ci", public_key="ssh-ed25519 AAAA")


def test_a_key_is_renamed_and_deleted(api: Api) -> None:
    path = f"/v2/account/keys/{api.post('/v2/account/keys', name='ci', public_key=KEY)['ssh_key']['id']}"
    assert api.put(path, name="laptop")["ssh_key"]["name"] == "laptop"
    api.delete(path)
    api.refused(404, "GET", path)


def test_tags_are_made_with_the_droplet_and_counted(api: Api) -> None:
    api.droplet(api.vpc()["id"], tags=["web"])
    resources = api.get("/v2/tags/web")["tag"]["resources"]
    # A client that finds a kind of resource without a count crashes.
    assert {kind: resources[kind]["count"] for kind in ("droplets", "images", "volumes", "volume_snapshots", "databases")} == {
        "droplets": 1,
        "images": 0,
        "volumes": 0,
        "volume_snapshots": 0,
        "databases": 0,
    }


def test_a_deleted_tag_is_taken_off_its_droplets(api: Api) -> None:
    droplet = api.droplet(api.vpc()["id"], tags=["web", "other"])
    api.delete("/v2/tags/web")
    assert api.get(f"/v2/droplets/{droplet['id']}")["droplet"]["tags"] == ["other"]


def test_a_tag_goes_on_and_off_a_droplet(api: Api) -> None:
    droplet = api.droplet(api.vpc()["id"])
    one = [{"resource_id": str(droplet["id"]), "resource_type": "droplet"}]
    api.post("/v2/tags", name="web")
    assert api.send("POST", "/v2/tags/web/resources", {"resources": one}).status_code == 204
    assert len(api.get("/v2/droplets?tag_name=web")["droplets"]) == 1
    api.delete("/v2/tags/web/resources", resources=one)
    assert not api.get("/v2/droplets?tag_name=web")["droplets"]
