# Waits until a droplet can take the site: ssh, cloud-init, Docker, and the database's answer as seen from it. Before this text come
# `first_contact` and `on_host`, which run a command on the host, and `install_key` (host_key.sh) for it; ADDRESS, DATABASE_HOST, DATABASE_PORT and LIMIT (seconds) are set,
# and the long-term host key is on stdin. Whatever does not come in time is named, with the last thing that it said.
set -u
deadline=$(($(date +%s) + LIMIT))

wait_for() {
  what=$1
  shift
  until said=$("$@" 2>&1 </dev/null); do
    if [ "$(date +%s)" -ge "$deadline" ]; then
      echo "$ADDRESS: waited $LIMIT s in all, last for $what: ${said:-no answer}" >&2
      exit 1
    fi
    sleep 1
  done
}

# Over the first connection, which trusts the boot key of the user data, the long-term host key takes its place.
key=$(cat)
wait_for "ssh" first_contact true
wait_for "cloud-init to prepare ssh" first_contact test -e /etc/ssh/sshd_config.d/10-site.conf
if ! printf '%s\n' "$key" | first_contact "$install_key"; then
  echo "$ADDRESS: could not install the host key" >&2
  exit 1
fi
wait_for "ssh with the long-term host key" on_host true

# 0 is done, 2 is done with recoverable errors (since cloud-init 23.4), 1 is failed: waiting longer does not mend that.
on_host cloud-init status --wait >/dev/null </dev/null
result=$?
if [ "$result" -ne 0 ] && [ "$result" -ne 2 ]; then
  echo "$ADDRESS: cloud-init failed (exit $result):" >&2
  on_host "cloud-init status --long; sudo tail -n 20 /var/log/cloud-init-output.log" >&2 </dev/null
  exit 1
fi
# Not `docker info`: with a format it ends well without a daemon too (docker 26).
wait_for "Docker" on_host docker version --format '{{.Server.Version}}'
# A Postgres that is there answers a request for TLS (eight fixed bytes) with the letter S.
wait_for "the database at $DATABASE_HOST:$DATABASE_PORT" on_host bash -c \
  "'exec 3<>/dev/tcp/$DATABASE_HOST/$DATABASE_PORT && printf \"\\0\\0\\0\\10\\4\\322\\26\\57\" >&3 && [ \"\$(timeout 5 head -c 1 <&3)\" = S ]'"
