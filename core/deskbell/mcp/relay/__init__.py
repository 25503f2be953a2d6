"""``deskbell mcp``: MCP over standard input and output for clients that start their servers, passed on to the desk.

One runs for each agent and most of them do nothing most of the time, so it uses the standard library only and imports
what it seldom needs when it needs it.
"""
