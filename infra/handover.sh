# What a droplet leaves to the one that takes its place. Before this text come `before` and `now`, which run a command on the old and
# on the new host. The old one is found at the site's own address, which still points to it while PHASE is `data` (nothing of the site
# runs on the new host yet); `rest` comes when the address has moved, and FROM says what `data` found: where the old host is by
# itself, and when it was copied. MUST=1 (set by `python -m ci rebuild`) makes an old host that does not answer an error.
set -eu
own_address="ip -4 -o route get 1.1.1.1 | sed 's/.* src //; s/ .*//'"
volume_folder=/var/lib/docker/volumes

# All that have a name, but the broker's: its messages are worked off where they are.
volumes() {
  before "docker volume ls --format '{{.Name}}' | grep -vxE '[0-9a-f]{64}|broker' || true" </dev/null
}

# End the old services of a role; their tasks finish what they have begun.
stop() {
  for service in $(before docker service ls --filter "label=site.role=$1" --format "'{{.Name}}'" </dev/null); do
    before docker service scale "$service=0" >/dev/null </dev/null || true
  done
}

case "$PHASE" in
  data)
    if ! said=$(before true </dev/null 2>&1); then
      [ -z "${MUST:-}" ] && exit 0
      echo "the old droplet does not answer any more: $said" >&2
      exit 1
    fi
    old=$(before "$own_address" </dev/null)
    [ "$old" = "$HOST" ] && exit 0
    echo "$old $(before date +%s </dev/null)"
    for volume in $(volumes); do
      now docker volume create "$volume" >/dev/null </dev/null
      before sudo tar --create --numeric-owner --directory "$volume_folder/$volume/_data" . </dev/null |
        now sudo tar --extract --numeric-owner --directory "$volume_folder/$volume/_data"
    done
    # Two of these would do everything twice.
    stop singleton
    ;;
  rest)
    [ -n "$FROM" ] || exit 0
    from=${FROM% *} since=${FROM#* }
    for volume in $(volumes); do
      # What came since, without touching what is newer here.
      before sudo tar --create --numeric-owner --newer-mtime "@$since" --directory "$volume_folder/$volume/_data" . </dev/null | now \
        "sudo sh -ec 'new=\$(mktemp -d); tar --extract --numeric-owner --directory \$new; cp -au \$new/. $volume_folder/$volume/_data/; rm -r \$new'"
    done
    # What waits in the old broker is worked off by the old workers, which then end what they have begun.
    deadline=$(($(date +%s) + LIMIT))
    while [ -n "$BACKLOG" ] && left=$(before "$BACKLOG" </dev/null) && [ "${left:-0}" -gt 0 ]; do
      if [ "$(date +%s)" -ge "$deadline" ]; then
        echo "$from: $left messages are still in the broker after $LIMIT s; the old droplet is kept, run rebuild again" >&2
        exit 1
      fi
      sleep 1
    done
    stop worker
    ;;
esac
