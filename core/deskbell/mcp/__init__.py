"""The desk for MCP clients: the server that the listener mounts at ``/mcp``, and the relay behind ``deskbell mcp``.

This package itself imports nothing: the relay must not wait for the server's libraries, nor the listener for the SDK.
"""
