"""Knative Serving on one machine: functions start on a request and stop when idle."""
