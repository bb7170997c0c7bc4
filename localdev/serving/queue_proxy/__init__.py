"""What Knative's sidecar does in front of each instance of a function."""
