"""A Django site on DigitalOcean and GitLab: settings -> components -> exports."""

import pulumi

from infra import capacity, sizes
from infra.address import Address
from infra.ages import Ages, changes
from infra.backup import Backup
from infra.broker import Broker, backlog
from infra.bucket import Buckets, media_variables
from infra.database import Database
from infra.environment import environment
from infra.network import Network
from infra.pipeline import Pipeline, variables
from infra.proxy import Proxy
from infra.registry import Registry
from infra.release import Release
from infra.schema import Schema
from infra.servers import Servers
from infra.settings import Settings
from infra.site import Site
from infra.watch import Watch

s = Settings.load()
stack, url = s.stack, f"https://{s.domain}"

# A table of contents fits on a page: one paragraph a component.
# fmt: off
network = Network("network", stack=stack, region=s.region, ip_range=s.vpc_range, ssh_from=s.ssh_from, domain=s.domain, aliases=s.aliases,
                  dns_zone=s.dns_zone, manage_dns_zone=s.manage_dns_zone, protect=s.protect)
database = Database("database", stack=stack, region=s.region, size=s.database_size, nodes=s.database_nodes, version=s.database_version,
                    pool_size=s.database_pool, generation=s.generations.database, verify=bool(s.database_ca), vpc_id=network.vpc_id,
                    tag=network.tag, protect=s.protect)
registry = Registry("registry", stack=stack, kind=s.registry, registry_name=s.registry_name, owns_registry=s.owns_registry,
                    region=s.region, app_project=s.app_project, generation=s.generations.registry, image=s.image, protect=s.protect)
servers = Servers("servers", stack=stack, region=s.region, image=s.server_image, size=s.server_size, operator_keys=s.operator_keys,
                  ci_key_generation=s.generations.ci_key, host_key_generation=s.generations.host_key, vpc_id=network.vpc_id,
                  site_address=network.address, renew=s.renew_server, database=database.connection, login=registry.login, tag=network.tag)
schema = Schema("schema", host=servers.host, administrator=database.administrator, connection=database.connection,
                cluster_id=database.cluster_id, client_image=s.database_client_image, generation=s.generations.database,
                stop_grace=s.stop_grace)
buckets = Buckets("buckets", stack=stack, region=s.buckets_region, token=s.digitalocean_token,
                  protect=s.protect) if s.backup or s.media_bucket else None
media = buckets.bucket("media") if buckets and s.media_bucket else None
if buckets and s.backup:
    Backup("backup", stack=stack, host=servers.host, bucket=buckets.bucket("backup"), connection=database.connection,
           client_image=s.database_client_image, password=s.backup_password, time=s.backup_time, keep_days=s.backup_keep_days,
           prepared=schema.prepared)
Pipeline("pipeline", stack=stack, app_project=s.app_project, infra_project=s.infra_project, owns_projects=s.owns_gitlab_projects, url=url,
         protected_environment=s.protect and s.gitlab_tier != "free", deploy_key_generation=s.generations.deploy_key, push=registry.push,
         variables=variables(s.digitalocean_token, s.gitlab_token, s.state_url, s.state_access_key, s.state_secret_key, servers.ci_key))

parts: list[pulumi.Resource] = []
if s.deploy_site:
    swarm = servers.on_droplet
    broker = None if s.broker == "none" else Broker("broker", host=servers.host, kind=s.broker, image=s.broker_image, protect=s.protect,
                                                    generation=s.generations.broker, stop_grace=s.stop_grace,
                                                    memory=sizes.BROKER_MEMORY[s.broker], network=servers.network, opts=swarm)
    variables_ = environment(domain=s.domain, aliases=s.aliases, database=database.connection, pool=database.pool,
                             broker_url=broker.url if broker else None, secret_key=s.secret_key, fallbacks=s.secret_key_fallbacks,
                             media=media_variables(media), env=s.env, secrets=s.secrets)
    release = Release("release", stack=stack, host=servers.host, image=s.image, login=registry.login, processes=s.processes, web=s.web,
                      check=s.deploy_check, check_command=s.check_command, command=s.release_command, env=s.env, environment=variables_,
                      database_ca=s.database_ca, database_id=database.cluster_id,
                      after=[schema.prepared, *(broker.parts if broker else [])])
    site = Site("site", host=servers.host, image=s.image, network=servers.network, environment=variables_, database_ca=s.database_ca,
                processes=s.processes, domain=s.domain, login=registry.login, together=capacity.together(s), protect=s.protect,
                user=release.user, after=[release.done], opts=swarm)
    proxy = Proxy("proxy", host=servers.host, image=s.proxy_image, network=servers.network, domain=s.domain, aliases=s.aliases, web=s.web,
                  process=s.processes[s.web], acme_ca=s.acme_ca, email=s.alert_email, noindex=s.noindex, basic_auth=s.basic_auth,
                  protect=s.protect, opts=swarm)
    Watch("watch", stack=stack, target=f"{url}{s.processes[s.web].health}", email=s.alert_email, tag=network.tag,
          database_id=database.cluster_id)
    parts = [site, proxy]
else:
    pulumi.export("next", "push an image, then: pulumi config set site:image …; pulumi config set site:deploySite true; pulumi up")

Address("address", address=network.address, servers=servers, backlog=backlog("broker", s.broker), after=parts)
ages = Ages("ages", stack=stack, changes=changes(s), limits=s.secret_ages, after=parts)
pulumi.export("url", url)
pulumi.export("health", f"{url}{s.processes[s.web].health}")
pulumi.export("address", network.address)
pulumi.export("host", servers.host.address)
pulumi.export("hostKey", servers.host.key)
pulumi.export("image", s.image if s.deploy_site else "")
pulumi.export("databaseHost", database.connection.host)
pulumi.export("rotated", ages.times)
