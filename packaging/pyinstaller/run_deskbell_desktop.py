"""What the frozen `deskbell-desktop` runs."""

import sys

from deskbell_desktop.app import main

sys.exit(main())
