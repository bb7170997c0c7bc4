"""Traces and metrics of one stack, kept in memory and shown as pages; no server of its own."""
