"""The embedded cluster: state, manifests, secrets, child processes, gateway and control."""
