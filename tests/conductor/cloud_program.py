"""A throw-away program with every DigitalOcean and GitLab type that the real one uses."""

import pulumi
import pulumi_digitalocean as do
import pulumi_gitlab as gitlab
import pulumi_tls as tls

config = pulumi.Config()
size, note, generation = config.get("size") or "s-1vcpu-1gb", config.get("note") or "first", config.get("generation") or "1"
ANYWHERE = ["0.0.0.0/0", "::/0"]

vpc = do.Vpc("network", region="fra1", ip_range="10.20.0.0/20", description=note)
tag = do.Tag("tag", name="site")
key = tls.PrivateKey("key", algorithm="ED25519")
registered = do.SshKey("key", public_key=key.public_key_openssh.apply(str.strip))
droplet = do.Droplet(
    "server",
    image="debian-13-x64",
    region="fra1",
    size=size,
    vpc_uuid=vpc.id,
    ssh_keys=[registered.id],
    tags=[tag.name],
    user_data=note,
    monitoring=True,
    opts=pulumi.ResourceOptions(ignore_changes=["userData"]),
)
address = do.ReservedIp("address", region="fra1")
do.ReservedIpAssignment("address", ip_address=address.ip_address, droplet_id=droplet.id.apply(int))
do.Firewall(
    "firewall",
    tags=[tag.name],
    inbound_rules=[{"protocol": "tcp", "port_range": "443", "source_addresses": ANYWHERE}],
    outbound_rules=[{"protocol": "icmp", "destination_addresses": ANYWHERE}],
)
zone = do.Domain("zone", name="example.com")
record = do.DnsRecord("www", domain=zone.name, type="A", name="www", value=address.ip_address, ttl=300 if note == "first" else 600)

cluster = do.DatabaseCluster(
    "database", engine="pg", version="17", size="db-s-1vcpu-1gb", node_count=1, region="fra1", private_network_uuid=vpc.id, tags=[tag.name]
)
database = do.DatabaseDb("database", cluster_id=cluster.id, name="site")
user = do.DatabaseUser("user", cluster_id=cluster.id, name=f"site{generation}")
pool = do.DatabaseConnectionPool("pool", cluster_id=cluster.id, db_name=database.name, mode="transaction", size=5, name="site-pool")
do.DatabaseFirewall("database", cluster_id=cluster.id, rules=[{"type": "tag", "value": tag.name}])

registry = do.ContainerRegistry("registry", name="site", subscription_tier_slug="basic", region="fra1")
credentials = do.ContainerRegistryDockerCredentials("credentials", registry_name=registry.name, write=False, expiry_seconds=3600)
check = do.UptimeCheck("check", target="https://example.com/healthz", type="https", regions=["eu_west"])
mail = ["ops@example.com"]
do.UptimeAlert("down", check_id=check.id, type="down", threshold=1, comparison="less_than", period="2m", notifications=[{"emails": mail}])
do.MonitorAlert(
    "disk",
    type="v1/insights/droplet/disk_utilization_percent",
    description="disk",
    compare="GreaterThan",
    value=80 if note == "first" else 90,
    window="5m",
    tags=[tag.name],
    alerts={"emails": mail},
)

project = "group/site"
token = gitlab.ProjectDeployToken("pull", project=project, name="pull", scopes=["read_registry"])
gitlab.DeployKey("deploy", project=project, title="deploy", key=key.public_key_openssh, can_push=False)
gitlab.ProjectEnvironment("staging", project=project, name="staging", external_url=f"https://{note}.example.com", stop_before_destroy=True)
gitlab.ProjectVariable("token", project=project, key="TOKEN", value=token.token, environment_scope="staging", protected=True)
gitlab.BranchProtection("main", project=project, branch="main", push_access_level="no one", merge_access_level="maintainer")
gitlab.TagProtection("tags", project=project, tag="v*", create_access_level="maintainer")

pulumi.export("address", droplet.ipv4_address)
pulumi.export("name", record.fqdn)
pulumi.export("database", cluster.private_uri)
pulumi.export("pool", pool.private_uri)
pulumi.export("user", user.password)
pulumi.export("docker", credentials.docker_credentials)
