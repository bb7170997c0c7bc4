#!/bin/bash
# Starts a member. The image makes the root user on an empty volume; only the first member does,
# the others take everything from it when setup.js has them join.
set -euo pipefail

# MongoDB wants a key that is readable by its owner alone, which a mounted Secret is not.
install -m 0400 /secret/keyfile /tmp/keyfile
if [ "${HOSTNAME##*-}" = 0 ]; then
  export MONGO_INITDB_ROOT_USERNAME=root MONGO_INITDB_ROOT_PASSWORD_FILE=/secret/root-password
fi
exec docker-entrypoint.sh mongod --replSet "$CONTEXT" --keyFile /tmp/keyfile --bind_ip_all \
  --wiredTigerCacheSizeGB "$CACHE_GB"
