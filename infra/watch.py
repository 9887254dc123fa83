"""Watch: who notices when something is wrong, and how soon."""

import pulumi
import pulumi_digitalocean as do

# type, compared how, limit, for how long
_DROPLET = (
    ("cpu", "GreaterThan", 85, "10m"),
    ("memory_utilization_percent", "GreaterThan", 90, "10m"),
    ("disk_utilization_percent", "GreaterThan", 80, "5m"),
)
_DATABASE = (
    ("cpu_alerts", "GreaterThan", 85, "10m"),
    ("memory_utilization_alerts", "GreaterThan", 90, "10m"),
    ("disk_utilization_alerts", "GreaterThan", 80, "5m"),
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
            for kind, compare, value, window in _DROPLET:
                do.MonitorAlert(
                    f"{name}-droplet-{kind.partition('_')[0]}",
                    type=f"v1/insights/droplet/{kind}",
                    compare=compare,
                    value=value,
                    window=window,
                    tags=[tag],
                    enabled=True,
                    description=f"Site {stack}: droplet {kind.replace('_', ' ')}",
                    alerts=do.MonitorAlertAlertsArgs(emails=[email]),
                    opts=child,
                )
            for kind, compare, value, window in _DATABASE:
                do.MonitorAlert(
                    f"{name}-database-{kind.partition('_')[0]}",
                    type=f"v1/dbaas/alerts/{kind}",
                    compare=compare,
                    value=value,
                    window=window,
                    entities=[database_id],
                    enabled=True,
                    description=f"Site {stack}: database {kind.replace('_', ' ')}",
                    alerts=do.MonitorAlertAlertsArgs(emails=[email]),
                    opts=child,
                )
        self.register_outputs({})
