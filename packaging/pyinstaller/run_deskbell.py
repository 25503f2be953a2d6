"""What the frozen `deskbell` runs."""

import sys

from deskbell.cli import main

sys.exit(main())
