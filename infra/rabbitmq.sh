# Starts RabbitMQ; MEMORY is set, in MiB. Its users are kept beside the messages.
set -eu
mkdir -p /etc/rabbitmq/conf.d
echo "vm_memory_high_watermark.absolute = ${MEMORY}MiB" > /etc/rabbitmq/conf.d/20-site.conf
set -- rabbitmq-server
# The public image drops root in there.
! command -v docker-entrypoint.sh >/dev/null || set -- docker-entrypoint.sh "$@"
exec "$@"
