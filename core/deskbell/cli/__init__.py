"""The ``deskbell`` command."""


def main() -> None:
    """Run the command."""
