"""The desktop of Deskbell: Qt, and only Qt; no rule of the queue is decided here."""
