"""Options that need another one, or contradict one."""

from __future__ import annotations

from keras2to3.options.commands import CheckOptions, Options


def conflict(options: Options | CheckOptions) -> str | None:
    """The first contradiction of options that one model may have; None if there is none."""
    if options.custom_objects_3 and not options.custom_objects:
        return "--custom-objects-3 needs --custom-objects, with which Keras 2.15 runs the old model"
    if options.part and options.replace:
        return "--part and --replace name layers of different models: migrate the whole model for --replace"
    if not isinstance(options, Options):
        return None
    if options.inputs_only and options.inputs is None:
        return "--inputs-only needs --inputs FILE.npz, which has the samples to compare on"
    if options.builder is None:
        for option, is_given in (("--map", options.map), ("--format weights", options.format == "weights")):
            if is_given:
                return f"{option} needs --architecture FILE.py:FUNCTION"
    return None
