"""Human-in-the-loop of Python's agent frameworks, answered at the desk: one module for each.

Each has ``decide`` and ``decide_async``, which take what the framework stopped with, ask the person, and return what
the framework goes on with. No framework is imported before its adapter is used. Silence never approves anything: a
tool call that nobody decides on is rejected, and where that cannot be said the call raises NotAnswered.
"""
