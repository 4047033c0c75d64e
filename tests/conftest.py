"""What every folder of tests needs."""

from __future__ import annotations

import importlib.util
import signal

# A shell ignores Ctrl-C in what it starts in the background, and processes hand that on: tests of Ctrl-C need it back.
signal.signal(signal.SIGINT, signal.default_int_handler)

if importlib.util.find_spec("hypothesis"):  # which the environments of the workers do not have
    from hypothesis import HealthCheck, settings

    # A machine that stands still for a while proves nothing about what is tested.
    settings.register_profile("any speed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("any speed")
