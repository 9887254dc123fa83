# Starts RabbitMQ; MEMORY is set, in MiB. Its users are kept beside the messages.
set -eu
# With what the image's own folder says, which can't be written to.
export RABBITMQ_CONFIG_FILES=/tmp/conf.d RABBITMQ_LOGS=-
mkdir -p /tmp/conf.d
! [ -d /etc/rabbitmq/conf.d ] || cp /etc/rabbitmq/conf.d/*.conf /tmp/conf.d/
echo "vm_memory_high_watermark.absolute = ${MEMORY}MiB" > /tmp/conf.d/20-site.conf
set -- rabbitmq-server
# What else the public image prepares.
! command -v docker-entrypoint.sh >/dev/null || set -- docker-entrypoint.sh "$@"
exec "$@"
