"""Connecting agents to the desk: what stands in their configuration files, and how it gets in and out again."""
