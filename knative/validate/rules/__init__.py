"""What the admission webhooks decide beyond the schemas: one function per group of rules.

Sources: knative/serving pkg/apis/{serving,autoscaling}, knative/eventing pkg/apis and
knative-extensions/eventing-kafka-broker control-plane/pkg/apis. A rule takes a part of a
manifest that its schema has accepted and that part's field path, and yields findings.
"""
