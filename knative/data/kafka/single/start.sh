#!/bin/sh
# Formats an empty volume, once, and starts the broker.
set -eu
properties=/config/server.properties
if [ ! -e /data/log/meta.properties ]; then
  /opt/kafka/bin/kafka-storage.sh format --config "$properties" \
    --cluster-id "$(/opt/kafka/bin/kafka-storage.sh random-uuid)"
fi
exec /opt/kafka/bin/kafka-server-start.sh "$properties"
