# Says who an image's processes run as, `uid:gid`: its own USER, or $2 where that is nobody or root. Run as `sh -s - IMAGE UID:GID` and
# two words for each kind of process: who it runs as by config (or nothing), and its program. One that this user can't start fails here,
# before anything has changed.
set -eu
image=$1 own=$(docker image inspect --format '{{.Config.User}}' "$1") unprivileged=$2
shift 2

# In the image as `$1`, with nothing to reach or to change; the other words are a script and its own.
inside() {
  user=$1
  shift
  docker run --rm --network none --read-only --cap-drop ALL --user "$user" --entrypoint /bin/sh "$image" -c "$@" </dev/null
}

# A name, or a user without a group, means what the image's own /etc/passwd says.
case $own in
  '' | root | root:* | 0 | 0:*) own=$unprivileged ;;
  *) printf %s "$own" | grep -Eqx '[0-9]+:[0-9]+' || own=$(inside "$own" 'echo "$(id -u):$(id -g)"') ;;
esac
case $own in 0:*) own=$unprivileged ;; esac

while [ $# -gt 0 ]; do
  who=${1:-$own} program=$2
  shift 2
  # What root does not find either is no matter of users: its path may come from the site's environment.
  if ! inside "$who" 'command -v "$0" >/dev/null' "$program" && inside 0:0 'command -v "$0" >/dev/null' "$program"; then
    echo "site:processes: $program is in the image, but not for user $who: let the image have a USER who may run it" \
      "(Dockerfile: USER $unprivileged), or name one for each process that runs it: pulumi config set --path site:processes.NAME.user 0 (root)" >&2
    exit 1
  fi
done
printf %s "$own"
