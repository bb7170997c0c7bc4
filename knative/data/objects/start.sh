#!/bin/sh
# One process with everything; only the S3 door is open, and it asks for the key.
set -eu
umask 077
cat >/tmp/s3.json <<END
{"identities": [{"name": "popshop", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
  "credentials": [{"accessKey": "$ACCESS_KEY", "secretKey": "$SECRET_KEY"}]}]}
END
exec weed -logtostderr=true server -dir=/data -ip=127.0.0.1 -ip.bind=127.0.0.1 \
  -master.telemetry=false -master.volumeSizeLimitMB=256 -volume.max=0 \
  -s3 -s3.port=8333 -s3.ip.bind=0.0.0.0 -s3.config=/tmp/s3.json \
  -s3.iam=false -s3.port.iceberg=0 -s3.port.lance=0
