"""Deskbell: AI coding agents ring, a person at the desk clicks, the click goes back."""

__version__ = "0.1.0"
