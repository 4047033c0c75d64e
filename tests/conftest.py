"""What every folder of tests needs."""

from __future__ import annotations

import signal

# A shell ignores Ctrl-C in what it starts in the background, and processes hand that on: tests of Ctrl-C need it back.
signal.signal(signal.SIGINT, signal.default_int_handler)
