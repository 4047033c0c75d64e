"""The arguments for how a run verifies, what it may take of its machine, and which environments it uses."""

from __future__ import annotations

import argparse

from keras2to3.cli import values
from keras2to3.sandbox import RESTRICTIONS, missing_restrictions


def add_scan(group: argparse._ActionsContainer) -> None:
    """Add the limit of a scan."""
    text = "time limit for scanning one source (default: %(default)g)"
    group.add_argument("--scan-timeout", type=values.seconds, default=60.0, metavar="SECONDS", help=text)


def add_sandbox(group: argparse._ActionsContainer) -> None:
    """Add which restrictions of the sandbox may be missing."""
    text = "sandbox restrictions that may be missing if this Linux cannot set them: "
    text += ", ".join(RESTRICTIONS)
    group.add_argument(
        missing_restrictions.OPTION, type=values.restrictions, default=(), metavar="NAME[,NAME]", help=text
    )


def add_verification(group: argparse._ArgumentGroup, *, bundles: bool = True) -> None:
    """Add what outputs are compared on, and how closely."""
    text = (
        "your own samples to compare on, in addition to the generated probes: one array for each input, under its name"
    )
    group.add_argument("--inputs", metavar="FILE.npz", help=text)
    group.add_argument("--inputs-only", action="store_true", help="compare only on your samples")
    for name, share in (("rtol", "relative to the largest output"), ("atol", "absolute, in addition")):
        text = f"allowed difference of an output, {share} (default: by its dtype)"
        group.add_argument(f"--{name}", type=values.tolerance, metavar="NUMBER", help=text)
    text = "processor seconds for the probes; the most important ones always run (default: %(default)g)"
    group.add_argument("--budget", type=values.seconds, default=300.0, metavar="SECONDS", help=text)
    if not bundles:
        return
    text = "keep the old model with inputs and outputs, in JSON and NumPy, as NAME.bundle"
    group.add_argument("--keep-bundles", action="store_true", help=text)


def add_limits(group: argparse._ArgumentGroup) -> None:
    """Add what a run may take of its machine."""
    text = "number of models migrated at the same time, each by a pair of workers (default: by cores and memory)"
    group.add_argument("--jobs", type=values.count, metavar="N", help=text)
    text = "time limit of each worker for one model (default: %(default)g)"
    group.add_argument("--timeout", type=values.seconds, default=3600.0, metavar="SECONDS", help=text)
    add_scan(group)
    text = "memory limit of each worker (default: three quarters of the machine's)"
    group.add_argument("--memory", type=values.gibibytes, metavar="GIB", help=text)
    add_sandbox(group)


def add_environments(group: argparse._ArgumentGroup, *, oldest: bool = True) -> None:
    """Add the Pythons and versions of both sides."""
    for name in ("keras2", "keras3"):
        text = f"python of an existing {name} environment (default: build one)"
        group.add_argument(f"--{name}-python", type=values.python, metavar="PYTHON", help=text)

    for name, what in (("keras", "Keras 3"), ("tensorflow", "TensorFlow")):
        text = f"the {what} that writes and verifies the result (default: the newest locked one)"
        group.add_argument(f"--{name}", type=values.version, metavar="VERSION", help=text)
    if not oldest:
        return
    text = "also open each result with the oldest locked Keras 3, and report whether its outputs are equal"
    group.add_argument("--oldest", action="store_true", help=text)
