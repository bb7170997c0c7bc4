"""The shop on Minikube with Knative: `up --runtime minikube`, its plan, `status` and `down`."""
