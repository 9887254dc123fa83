#!/bin/sh
# The logical backups of the site's database: `site-backup COMMAND` on the host, as root. What it needs (the bucket's key, the password
# of the repository, the way to the database) is one shell file, encrypted with the host's own key; it is never on the disk in clear.
#   begin             make the repository, or see that this password opens it
#   dump              dump the database, forget what is too old, check the rest
#   list              what there is: snapshots as JSON, the last drill as JSON, the last run of the timer
#   restore SNAPSHOT  into the database that lines PG*='..' and LOGIN='..' on stdin name, as its administrator
#   note              keep the result of a drill, from stdin
set -eu
secrets=$(systemd-creds decrypt --name=site-backup /etc/credstore.encrypted/site-backup - 2>/dev/null)
set -a
eval "$secrets"
RESTIC_CACHE_DIR=/var/cache/site-backup
set +a
unset secrets

client() {
  docker run --rm --interactive --env PGHOST --env PGPORT --env PGUSER --env PGPASSWORD --env PGDATABASE --env PGSSLMODE \
    ${folder:+--volume "$folder:/restore:ro"} --entrypoint "$@"
}

case "${1:-}" in
  begin)
    # Exit status 10: there is no repository (restic's manual, "Scripting").
    code=0
    said=$(restic cat config 2>&1 >/dev/null) || code=$?
    if [ $code -eq 10 ]; then
      restic init --quiet
    elif [ $code -ne 0 ]; then
      printf '%s\n' "$said" >&2
      exit $code
    fi
    ;;
  dump)
    restic unlock --quiet
    # Not compressed: restic does that, and keeps only once what is the same as yesterday.
    folder='' restic backup --quiet --host "$SITE" --tag dump --stdin-filename database.dump --stdin-from-command -- \
      docker run --rm --env PGHOST --env PGPORT --env PGUSER --env PGPASSWORD --env PGDATABASE --env PGSSLMODE \
      --entrypoint pg_dump "$CLIENT" --format=custom --compress=0
    restic forget --quiet --tag dump --group-by host --keep-within "${KEEP_DAYS}d" --prune
    restic forget --quiet --tag drill --group-by host --keep-last 20 --prune
    restic check --quiet
    ;;
  list)
    restic snapshots --quiet --json --no-lock
    restic dump --quiet --no-lock --tag drill latest drill.json 2>/dev/null || true
    systemctl show site-backup.service --property=Result --property=ExecMainStatus
    ;;
  restore)
    restored=$(cat)
    eval "$restored"
    folder=$(mktemp --directory)
    trap 'rm -rf "$folder"' EXIT
    chmod 755 "$folder"
    cp /usr/local/share/site-backup/schema.sql "$folder/"
    client psql "$CLIENT" --quiet --no-psqlrc --set ON_ERROR_STOP=1 --set "login=$LOGIN" --file /restore/schema.sql </dev/null
    restic dump --quiet --no-lock "$2" database.dump | client pg_restore "$CLIENT" --list > "$folder/all"
    # An extension may need the administrator; all else is made as the role that owns it.
    grep ' EXTENSION ' "$folder/all" > "$folder/extensions" || true
    grep -v ' EXTENSION ' "$folder/all" > "$folder/rest"
    if [ -s "$folder/extensions" ]; then
      restic dump --quiet --no-lock "$2" database.dump |
        client pg_restore "$CLIENT" --no-owner --exit-on-error --dbname "$PGDATABASE" --use-list /restore/extensions
    fi
    restic dump --quiet --no-lock "$2" database.dump |
      client pg_restore "$CLIENT" --no-owner --no-acl --role site --exit-on-error --dbname "$PGDATABASE" --use-list /restore/rest
    ;;
  note)
    restic backup --quiet --host "$SITE" --tag drill --stdin --stdin-filename drill.json
    ;;
  *)
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
