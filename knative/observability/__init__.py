"""What watches the shop on a cluster, and the rules in the form that Prometheus' operator takes."""
