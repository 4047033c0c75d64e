"""`python -m keras2to3`."""

from __future__ import annotations

import sys

from keras2to3.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
