"""Closed schemas of the Knative kinds this project writes, used where no CRDs are at hand.

Same dialect as a CRD, so both take the same way to `jsonschema`. Only what the project may
write is listed: every field exists in the CRD with the same type (a test compares them).
"""

from knative.validate.shapes import (
    ANY,
    BOOL,
    INT,
    INT_OR_TEXT,
    QUANTITY,
    TEXT,
    Schema,
    list_of,
    map_of,
    obj,
)

_KEY_REF = obj("key", name=TEXT, key=TEXT, optional=BOOL)
_SOURCE_REF = obj(name=TEXT, optional=BOOL)
_ITEMS = list_of(obj("key path", key=TEXT, path=TEXT, mode=INT))
_NAMED = obj(name=TEXT, items=_ITEMS, optional=BOOL)

_PROBE = obj(
    httpGet=obj(
        path=TEXT,
        port=INT_OR_TEXT,
        scheme=TEXT,
        host=TEXT,
        httpHeaders=list_of(obj("name value", name=TEXT, value=TEXT)),
    ),
    tcpSocket=obj(host=TEXT, port=INT_OR_TEXT),
    exec=obj(command=list_of(TEXT)),
    grpc=obj(port=INT, service=TEXT),
    initialDelaySeconds=INT,
    periodSeconds=INT,
    timeoutSeconds=INT,
    successThreshold=INT,
    failureThreshold=INT,
)
_CONTAINER = obj(
    name=TEXT,
    image=TEXT,
    imagePullPolicy=TEXT,
    command=list_of(TEXT),
    args=list_of(TEXT),
    workingDir=TEXT,
    ports=list_of(obj(name=TEXT, containerPort=INT, protocol=TEXT)),
    env=list_of(
        obj(
            "name",
            name=TEXT,
            value=TEXT,
            valueFrom=obj(
                configMapKeyRef=_KEY_REF,
                secretKeyRef=_KEY_REF,
                fieldRef=ANY,
                resourceFieldRef=ANY,
            ),
        )
    ),
    envFrom=list_of(obj(prefix=TEXT, configMapRef=_SOURCE_REF, secretRef=_SOURCE_REF)),
    resources=obj(limits=map_of(QUANTITY), requests=map_of(QUANTITY)),
    securityContext=obj(
        allowPrivilegeEscalation=BOOL,
        capabilities=obj(add=list_of(TEXT), drop=list_of(TEXT)),
        privileged=BOOL,
        readOnlyRootFilesystem=BOOL,
        runAsGroup=INT,
        runAsNonRoot=BOOL,
        runAsUser=INT,
        seccompProfile=obj("type", type=TEXT, localhostProfile=TEXT),
    ),
    livenessProbe=_PROBE,
    readinessProbe=_PROBE,
    startupProbe=_PROBE,
    volumeMounts=list_of(
        obj(
            "mountPath name",
            name=TEXT,
            mountPath=TEXT,
            readOnly=BOOL,
            subPath=TEXT,
            mountPropagation=TEXT,
        )
    ),
)
_VOLUME = obj(
    "name",
    name=TEXT,
    secret=obj(secretName=TEXT, items=_ITEMS, optional=BOOL, defaultMode=INT),
    configMap=obj(name=TEXT, items=_ITEMS, optional=BOOL, defaultMode=INT),
    projected=obj(
        defaultMode=INT,
        sources=list_of(
            obj(
                secret=_NAMED,
                configMap=_NAMED,
                serviceAccountToken=obj("path", path=TEXT, audience=TEXT, expirationSeconds=INT),
            )
        ),
    ),
    emptyDir=ANY,
)
_SERVICE = obj(
    template=obj(
        metadata=obj(name=TEXT, labels=map_of(TEXT), annotations=map_of(TEXT)),
        spec=obj(
            "containers",
            containerConcurrency=INT,
            timeoutSeconds=INT,
            responseStartTimeoutSeconds=INT,
            idleTimeoutSeconds=INT,
            serviceAccountName=TEXT,
            automountServiceAccountToken=BOOL,
            enableServiceLinks=BOOL,
            imagePullSecrets=list_of(obj(name=TEXT)),
            containers=list_of(_CONTAINER),
            volumes=list_of(_VOLUME),
        ),
    ),
    traffic=list_of(
        obj(
            configurationName=TEXT,
            latestRevision=BOOL,
            percent=INT,
            revisionName=TEXT,
            tag=TEXT,
            url=TEXT,
        )
    ),
)
_SINK = obj(
    ref=obj(apiVersion=TEXT, kind=TEXT, name=TEXT, namespace=TEXT),
    uri=TEXT,
    CACerts=TEXT,
    audience=TEXT,
)
_OVERRIDES = obj(extensions=map_of(TEXT))
_SECRET_KEY = obj(secretKeyRef=_KEY_REF)
_KAFKA_SOURCE = obj(
    "bootstrapServers topics",
    bootstrapServers=list_of(TEXT),
    topics=list_of(TEXT),
    consumerGroup=TEXT,
    consumers=INT,
    initialOffset=TEXT,
    ordering=TEXT,
    delivery=obj(
        retry=INT,
        backoffPolicy=TEXT,
        backoffDelay=TEXT,
        timeout=TEXT,
        retryAfterMax=TEXT,
        deadLetterSink=_SINK,
    ),
    ceOverrides=_OVERRIDES,
    sink=_SINK,
    net=obj(
        sasl=obj(enable=BOOL, user=_SECRET_KEY, password=_SECRET_KEY, type=_SECRET_KEY),
        tls=obj(enable=BOOL, cert=_SECRET_KEY, key=_SECRET_KEY, caCert=_SECRET_KEY),
    ),
)
_KAFKA_SINK = obj(
    "topic bootstrapServers",
    topic=TEXT,
    bootstrapServers=list_of(TEXT),
    contentMode={**TEXT, "enum": ["binary", "structured"]},
    numPartitions=INT,
    replicationFactor=INT,
    auth=obj(secret=obj(ref=obj("name", name=TEXT))),
)
_PING_SOURCE = obj(
    schedule=TEXT,
    timezone=TEXT,
    contentType=TEXT,
    data=TEXT,
    dataBase64=TEXT,
    ceOverrides=_OVERRIDES,
    sink=_SINK,
)

MODELS: dict[tuple[str, str], Schema] = {
    ("serving.knative.dev/v1", "Service"): obj(spec=_SERVICE),
    ("sources.knative.dev/v1", "KafkaSource"): obj(spec=_KAFKA_SOURCE),
    ("sources.knative.dev/v1beta1", "KafkaSource"): obj(spec=_KAFKA_SOURCE),
    ("eventing.knative.dev/v1alpha1", "KafkaSink"): obj(spec=_KAFKA_SINK),
    ("sources.knative.dev/v1", "PingSource"): obj(spec=_PING_SOURCE),
}
