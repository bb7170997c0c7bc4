"""Renders, checks and ships what runs on Knative."""
