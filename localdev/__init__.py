"""The embedded cluster: runs the rendered manifests on one machine."""
