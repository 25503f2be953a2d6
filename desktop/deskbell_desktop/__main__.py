"""``python -m deskbell_desktop``."""

import sys

from deskbell_desktop.app import main

if __name__ == "__main__":
    sys.exit(main())
