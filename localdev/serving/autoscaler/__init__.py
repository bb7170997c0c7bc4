"""The Knative Pod Autoscaler as pure logic: whoever calls it passes the time in."""
