"""Closed schemas of the Knative kinds this project writes, used where no CRDs are at hand.

Same dialect as a CRD, so both take the same way to `jsonschema`. Only what the project may
write is listed: every field exists in the CRD with the same type (a test compares them).
"""

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_INT: Schema = {"type": "integer"}
_BOOL: Schema = {"type": "boolean"}
_ANY: Schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_INT_OR_TEXT: Schema = {"x-kubernetes-int-or-string": True}
_QUANTITY: Schema = {
    **_INT_OR_TEXT,
    "pattern": r"^[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?(\d+(\.\d*)?|\.\d+))?$",
}


def _obj(required: str = "", /, **fields: Schema) -> Schema:
    schema: Schema = {"type": "object", "properties": fields}
    return {**schema, "required": required.split()} if required else schema


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


_KEY_REF = _obj("key", name=_TEXT, key=_TEXT, optional=_BOOL)
_SOURCE_REF = _obj(name=_TEXT, optional=_BOOL)
_ITEMS = _list(_obj("key path", key=_TEXT, path=_TEXT, mode=_INT))
_NAMED = _obj(name=_TEXT, items=_ITEMS, optional=_BOOL)

_PROBE = _obj(
    httpGet=_obj(
        path=_TEXT,
        port=_INT_OR_TEXT,
        scheme=_TEXT,
        host=_TEXT,
        httpHeaders=_list(_obj("name value", name=_TEXT, value=_TEXT)),
    ),
    tcpSocket=_obj(host=_TEXT, port=_INT_OR_TEXT),
    exec=_obj(command=_list(_TEXT)),
    grpc=_obj(port=_INT, service=_TEXT),
    initialDelaySeconds=_INT,
    periodSeconds=_INT,
    timeoutSeconds=_INT,
    successThreshold=_INT,
    failureThreshold=_INT,
)
_CONTAINER = _obj(
    name=_TEXT,
    image=_TEXT,
    imagePullPolicy=_TEXT,
    command=_list(_TEXT),
    args=_list(_TEXT),
    workingDir=_TEXT,
    ports=_list(_obj(name=_TEXT, containerPort=_INT, protocol=_TEXT)),
    env=_list(
        _obj(
            "name",
            name=_TEXT,
            value=_TEXT,
            valueFrom=_obj(
                configMapKeyRef=_KEY_REF,
                secretKeyRef=_KEY_REF,
                fieldRef=_ANY,
                resourceFieldRef=_ANY,
            ),
        )
    ),
    envFrom=_list(_obj(prefix=_TEXT, configMapRef=_SOURCE_REF, secretRef=_SOURCE_REF)),
    resources=_obj(limits=_map(_QUANTITY), requests=_map(_QUANTITY)),
    securityContext=_obj(
        allowPrivilegeEscalation=_BOOL,
        capabilities=_obj(add=_list(_TEXT), drop=_list(_TEXT)),
        privileged=_BOOL,
        readOnlyRootFilesystem=_BOOL,
        runAsGroup=_INT,
        runAsNonRoot=_BOOL,
        runAsUser=_INT,
        seccompProfile=_obj("type", type=_TEXT, localhostProfile=_TEXT),
    ),
    livenessProbe=_PROBE,
    readinessProbe=_PROBE,
    startupProbe=_PROBE,
    volumeMounts=_list(
        _obj(
            "mountPath name",
            name=_TEXT,
            mountPath=_TEXT,
            readOnly=_BOOL,
            subPath=_TEXT,
            mountPropagation=_TEXT,
        )
    ),
)
_VOLUME = _obj(
    "name",
    name=_TEXT,
    secret=_obj(secretName=_TEXT, items=_ITEMS, optional=_BOOL, defaultMode=_INT),
    configMap=_obj(name=_TEXT, items=_ITEMS, optional=_BOOL, defaultMode=_INT),
    projected=_obj(
        defaultMode=_INT,
        sources=_list(
            _obj(
                secret=_NAMED,
                configMap=_NAMED,
                serviceAccountToken=_obj(
                    "path", path=_TEXT, audience=_TEXT, expirationSeconds=_INT
                ),
            )
        ),
    ),
    emptyDir=_ANY,
)
_SERVICE = _obj(
    template=_obj(
        metadata=_obj(name=_TEXT, labels=_map(_TEXT), annotations=_map(_TEXT)),
        spec=_obj(
            "containers",
            containerConcurrency=_INT,
            timeoutSeconds=_INT,
            responseStartTimeoutSeconds=_INT,
            idleTimeoutSeconds=_INT,
            serviceAccountName=_TEXT,
            automountServiceAccountToken=_BOOL,
            enableServiceLinks=_BOOL,
            imagePullSecrets=_list(_obj(name=_TEXT)),
            containers=_list(_CONTAINER),
            volumes=_list(_VOLUME),
        ),
    ),
    traffic=_list(
        _obj(
            configurationName=_TEXT,
            latestRevision=_BOOL,
            percent=_INT,
            revisionName=_TEXT,
            tag=_TEXT,
            url=_TEXT,
        )
    ),
)
_SINK = _obj(
    ref=_obj(apiVersion=_TEXT, kind=_TEXT, name=_TEXT, namespace=_TEXT),
    uri=_TEXT,
    CACerts=_TEXT,
    audience=_TEXT,
)
_OVERRIDES = _obj(extensions=_map(_TEXT))
_SECRET_KEY = _obj(secretKeyRef=_KEY_REF)
_KAFKA_SOURCE = _obj(
    "bootstrapServers topics",
    bootstrapServers=_list(_TEXT),
    topics=_list(_TEXT),
    consumerGroup=_TEXT,
    consumers=_INT,
    initialOffset=_TEXT,
    ordering=_TEXT,
    delivery=_obj(
        retry=_INT,
        backoffPolicy=_TEXT,
        backoffDelay=_TEXT,
        timeout=_TEXT,
        retryAfterMax=_TEXT,
        deadLetterSink=_SINK,
    ),
    ceOverrides=_OVERRIDES,
    sink=_SINK,
    net=_obj(
        sasl=_obj(enable=_BOOL, user=_SECRET_KEY, password=_SECRET_KEY, type=_SECRET_KEY),
        tls=_obj(enable=_BOOL, cert=_SECRET_KEY, key=_SECRET_KEY, caCert=_SECRET_KEY),
    ),
)
_KAFKA_SINK = _obj(
    "topic bootstrapServers",
    topic=_TEXT,
    bootstrapServers=_list(_TEXT),
    contentMode={**_TEXT, "enum": ["binary", "structured"]},
    numPartitions=_INT,
    replicationFactor=_INT,
    auth=_obj(secret=_obj(ref=_obj("name", name=_TEXT))),
)
_PING_SOURCE = _obj(
    schedule=_TEXT,
    timezone=_TEXT,
    contentType=_TEXT,
    data=_TEXT,
    dataBase64=_TEXT,
    ceOverrides=_OVERRIDES,
    sink=_SINK,
)

MODELS: dict[tuple[str, str], Schema] = {
    ("serving.knative.dev/v1", "Service"): _obj(spec=_SERVICE),
    ("sources.knative.dev/v1", "KafkaSource"): _obj(spec=_KAFKA_SOURCE),
    ("sources.knative.dev/v1beta1", "KafkaSource"): _obj(spec=_KAFKA_SOURCE),
    ("eventing.knative.dev/v1alpha1", "KafkaSink"): _obj(spec=_KAFKA_SINK),
    ("sources.knative.dev/v1", "PingSource"): _obj(spec=_PING_SOURCE),
}
