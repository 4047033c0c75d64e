"""Options that need another one, or contradict one."""

from __future__ import annotations

from keras2to3.options.commands import CheckOptions, Options


def conflict(options: Options | CheckOptions) -> str | None:
    """The first contradiction of options that one model may have; None if there is none."""
    if options.custom_objects_3 and not options.custom_objects:
        return "--custom-objects-3 needs --custom-objects, with which Keras 2.15 runs the old model"
    if options.part and options.replace:
        return "--part and --replace name layers of different models: migrate the whole model for --replace"
    if text := _of_shards(options):
        return text
    return _of_a_run(options) if isinstance(options, Options) else None


def _of_shards(options: Options | CheckOptions) -> str | None:
    if options.is_sharded and (text := _of_one_machine(options)):
        return text
    if not options.is_sharded and (options.log_json or options.metrics):
        option = "--log-json" if options.log_json else "--metrics"
        return f"{option} tells of shards: it needs --on, or sources or results in a store"
    return None


def _of_a_run(options: Options) -> str | None:
    if options.inputs_only and options.inputs is None:
        return "--inputs-only needs --inputs FILE.npz, which has the samples to compare on"
    if options.builder is None:
        for option, is_given in (("--map", options.map), ("--format weights", options.format == "weights")):
            if is_given:
                return f"{option} needs --architecture FILE.py:FUNCTION"
    return None


def _of_one_machine(options: Options | CheckOptions) -> str | None:
    """The first option of a run on one machine that shards do not have; None if there is none."""
    given = {
        "--junit": options.junit,
        "--sarif": options.sarif,
        "--gitlab": options.gitlab,
        "--oldest": isinstance(options, Options) and options.oldest,
        "--wait": isinstance(options, Options) and options.wait,
    }
    option = next((option for option, value in given.items() if value), None)
    return option and f"{option} is for a run on this machine, and here shards are run"
