"""Knative Eventing on one machine: KafkaSink, KafkaSource and PingSource from the same YAML."""
