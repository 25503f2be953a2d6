"""The listener: the desk over HTTP, for programs on this machine only. ``deskbell.http.server`` starts it."""
