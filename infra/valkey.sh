# Starts Valkey with the users that are kept beside the messages; MEMORY is set, in MiB. Who may change users is `admin`, whose password
# is a new one at each start and known in this container only: it can't be rotated, and needs not to be.
set -eu
umask 077
head -c 48 /dev/urandom | base64 | tr -d '\n' > /dev/shm/admin
hash=$(sha256sum < /dev/shm/admin | cut -d ' ' -f 1)
touch /data/users.acl
{
  grep -vE '^user (admin|default) ' /data/users.acl || true
  echo 'user default off'
  echo "user admin on #$hash ~* &* +@all"
} > /data/users.new
mv /data/users.new /data/users.acl
set -- valkey-server --dir /data --appendonly yes --aclfile /data/users.acl --maxmemory "${MEMORY}mb" --maxmemory-policy noeviction \
  --bind 0.0.0.0 --protected-mode no --daemonize no
# What else the public image prepares.
! command -v docker-entrypoint.sh >/dev/null || set -- docker-entrypoint.sh "$@"
exec "$@"
