"""Watch: who notices when something is wrong, and how soon."""

import pulumi
import pulumi_digitalocean as do

# DigitalOcean's type, percent that it must stay below, for how long
_DROPLET = (
    ("insights/droplet/cpu", 85, "10m"),
    ("insights/droplet/memory_utilization_percent", 90, "10m"),
    ("insights/droplet/disk_utilization_percent", 80, "5m"),
)
_DATABASE = (
    ("dbaas/alerts/cpu_alerts", 85, "10m"),
    ("dbaas/alerts/memory_utilization_alerts", 90, "10m"),
    ("dbaas/alerts/disk_utilization_alerts", 80, "5m"),
)
# name, type, compared how, limit (milliseconds, days), for how long
_SITE = (
    ("down", "down_global", None, None, "2m"),
    ("latency", "latency", "greater_than", 2000, "5m"),
    ("certificate", "ssl_expiry", "less_than", 14, "2m"),
)


class Watch(pulumi.ComponentResource):
    """An uptime check of the health path from outside, and alerts by e-mail."""

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        target: str,
        email: str,
        tag: pulumi.Input[str],
        database_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("site:infra:Watch", name, None, opts)
        child = pulumi.ResourceOptions(parent=self, delete_before_replace=False)
        check = do.UptimeCheck(name, name=f"site-{stack}", target=target, type="https", regions=["eu_west", "us_east"], opts=child)
        if email:
            for alert, kind, comparison, threshold, period in _SITE:
                do.UptimeAlert(
                    f"{name}-{alert}",
                    name=f"site-{stack}-{alert}",
                    check_id=check.id,
                    type=kind,
                    comparison=comparison,
                    threshold=threshold,
                    period=period,
                    notifications=[do.UptimeAlertNotificationArgs(emails=[email])],
                    opts=child,
                )
            for limit in _DROPLET:
                self._alert(f"{name}-droplet", limit, email=email, stack=stack, tags=[tag], opts=child)
            for limit in _DATABASE:
                self._alert(f"{name}-database", limit, email=email, stack=stack, entities=[database_id], opts=child)
        self.register_outputs({})

    @staticmethod
    def _alert(
        name: str,
        limit: tuple[str, int, str],
        *,
        email: str,
        stack: str,
        tags: list[pulumi.Input[str]] | None = None,
        entities: list[pulumi.Input[str]] | None = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """A limit on droplets, by tag, or on clusters, by id. An empty list of either is refused by the provider: leave it out."""
        kind, value, window = limit
        what = kind.rpartition("/")[2]
        do.MonitorAlert(
            f"{name}-{what.partition('_')[0]}",
            type=f"v1/{kind}",
            compare="GreaterThan",
            value=value,
            window=window,
            tags=tags,
            entities=entities,
            enabled=True,
            description=f"Site {stack}: {name.rpartition('-')[2]} {what.replace('_', ' ')}",
            alerts=do.MonitorAlertAlertsArgs(emails=[email]),
            opts=opts,
        )
