"""Access keys of Spaces."""

from tests.cloud.digitalocean_server import Api

LIMITED = [{"bucket": "media-1", "permission": "readwrite"}]


def test_a_key_tells_its_secret_once(api: Api) -> None:
    made = api.post("/v2/spaces/keys", name="media", grants=LIMITED)["key"]
    assert made["secret_key"]
    path = f"/v2/spaces/keys/{made['access_key']}"
    assert "secret_key" not in api.get(path)["key"]
    assert ["secret_key" in key for key in api.get("/v2/spaces/keys")["keys"]] == [False]


def test_the_world_knows_each_key_and_what_it_may_do(api: Api) -> None:
    made = api.post("/v2/spaces/keys", name="media", grants=LIMITED)["key"]
    [known] = api.world.spaces_keys
    assert (known.access, known.secret, known.grants) == (made["access_key"], made["secret_key"], (("media-1", "readwrite"),))
    path = f"/v2/spaces/keys/{made['access_key']}"
    api.put(path, name="media", grants=[{"bucket": "", "permission": "fullaccess"}])
    assert api.world.spaces_keys[0].grants == (("", "fullaccess"),)
    assert api.send("PATCH", path, {"name": "renamed", "grants": LIMITED}).json()["key"]["name"] == "renamed"
    api.delete(path)
    assert api.world.spaces_keys == []
    api.refused(404, "GET", path)


def test_full_access_is_to_all_buckets_and_any_other_to_one(api: Api) -> None:
    for grant in ({"bucket": "media-1", "permission": "fullaccess"}, {"bucket": "", "permission": "read"}):
        assert "fullaccess" in api.refused(422, "POST", "/v2/spaces/keys", name="key", grants=[grant])
