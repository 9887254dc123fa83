# Runs in the site's image: `manage.py shell -c`. Prints who holds locks in a transaction of more than five seconds; no query's text.
import json

from django.db import connection

with connection.cursor() as cursor:
    # The owner of the tables, which logins become, may not see what logins do.
    cursor.execute("set role none")
    cursor.execute(
        "select a.pid, a.usename, a.application_name, a.state, extract(epoch from now() - a.xact_start),"
        " array(select distinct c.relname from pg_locks l join pg_class c on c.oid = l.relation"
        " where l.pid = a.pid and l.granted and c.relkind = 'r' and c.relname not like 'pg_%%' order by 1)"
        " from pg_stat_activity a where a.xact_start < now() - interval '5 seconds' and a.pid <> pg_backend_pid()"
        " and a.datname = current_database() order by a.xact_start",
        [],
    )
    names = ("pid", "user", "application", "state", "seconds", "tables")
    rows = [{name: row[place] for place, name in enumerate(names)} for row in cursor.fetchall()]
print("LOCKS " + json.dumps(rows, default=float))
