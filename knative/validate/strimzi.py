"""Closed schemas of the Strimzi kinds this project writes, after Strimzi 1.2's API (v1).

Only what the project writes is listed: a field that is not here is refused, and added here when
it is needed.
"""

from knative.validate.shapes import ANY, BOOL, INT, QUANTITY, TEXT, Schema, list_of, map_of, obj

_VERSION = "kafka.strimzi.io/v1"
_SETTINGS: Schema = map_of({"type": ["string", "integer", "boolean", "number"]})
_RESOURCES = obj(requests=map_of(QUANTITY), limits=map_of(QUANTITY))
_CONTAINER = obj(
    securityContext=obj(
        allowPrivilegeEscalation=BOOL,
        capabilities=obj(drop=list_of(TEXT)),
        readOnlyRootFilesystem=BOOL,
    )
)
_POD = obj(
    securityContext=obj(runAsNonRoot=BOOL, seccompProfile=obj("type", type=TEXT)),
    affinity=ANY,
    topologySpreadConstraints=list_of(ANY),
)
_LISTENER = obj(
    "name port type tls",
    name={**TEXT, "pattern": "^[a-z0-9]{1,11}$"},
    port={**INT, "minimum": 9092},
    type={**TEXT, "enum": ["internal", "route", "loadbalancer", "nodeport", "ingress"]},
    tls=BOOL,
    networkPolicyPeers=list_of(ANY),
)
_KAFKA = obj(
    "listeners",
    version=TEXT,
    listeners=list_of(_LISTENER),
    rack=obj("topologyKey", type=TEXT, topologyKey=TEXT),
    config=_SETTINGS,
)
_ENTITY_OPERATOR = obj(
    topicOperator=obj(resources=_RESOURCES),
    template=obj(pod=_POD, topicOperatorContainer=_CONTAINER),
)
_EXPORTER = obj(
    topicRegex=TEXT,
    groupRegex=TEXT,
    resources=_RESOURCES,
    template=obj(pod=_POD, container=_CONTAINER),
)
_VOLUME = obj(
    "type",
    id=INT,
    type={**TEXT, "enum": ["persistent-claim"]},
    size=QUANTITY,
    kraftMetadata={**TEXT, "enum": ["shared"]},
)
_NODE_POOL = obj(
    "replicas roles storage",
    replicas={**INT, "minimum": 0},
    roles=list_of({**TEXT, "enum": ["controller", "broker"]}),
    storage=obj("type volumes", type={**TEXT, "enum": ["jbod"]}, volumes=list_of(_VOLUME)),
    resources=_RESOURCES,
    jvmOptions={"type": "object", "properties": {"-Xms": TEXT, "-Xmx": TEXT}},
    template=obj(pod=_POD, kafkaContainer=_CONTAINER, initContainer=_CONTAINER),
)
_TOPIC = obj(
    "partitions replicas",
    partitions={**INT, "minimum": 1},
    replicas={**INT, "minimum": 1, "maximum": 32767},
    topicName=TEXT,
    config=_SETTINGS,
)

STRIMZI: dict[tuple[str, str], Schema] = {
    (_VERSION, "Kafka"): obj(
        "spec",
        spec=obj("kafka", kafka=_KAFKA, entityOperator=_ENTITY_OPERATOR, kafkaExporter=_EXPORTER),
    ),
    (_VERSION, "KafkaNodePool"): obj("spec", spec=_NODE_POOL),
    (_VERSION, "KafkaTopic"): obj("spec", spec=_TOPIC),
}
