"""Looking at an installation from outside: what works, what does not, and what to do about it. Nothing is changed."""
