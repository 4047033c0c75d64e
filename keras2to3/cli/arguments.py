"""The arguments of each command."""

from __future__ import annotations

import argparse
from pathlib import Path

from interchange.errors import Exit
from keras2to3 import platforms
from keras2to3.cli import (
    ci_arguments,
    completion,
    environment_arguments,
    output_arguments,
    run_arguments,
    shard_arguments,
    values,
)
from keras2to3.cli.parser import Parser
from keras2to3.formats import BACK_BY_OPTION, BY_OPTION
from keras2to3.version import __version__

_DESCRIPTION = "Migrate Keras 2 models to Keras 3 and verify that their outputs are equal."
_EPILOG = (
    "exit codes: " + ", ".join(f"{code.value} {code.meaning}" for code in Exit) + "; with several sources the highest"
)
_EPILOGS = {
    "check": "exit codes: 0 every source would be tried, 3 and 4 as migrate would give, 1, 2, 8 and 130 likewise; "
    "with several sources the highest",
    "inspect": "exit codes: 0 every source was inspected, safe or not, 3 one is not a model, 1, 2 and 130 as for "
    "migrate",
    "rollback": "exit codes: as for migrate; with several sources the highest",
    "plan": shard_arguments.PLAN_EPILOG,
    "shard": shard_arguments.SHARD_EPILOG,
    "merge": shard_arguments.MERGE_EPILOG,
    "roundtrip": "exit codes: the higher one of both ways, as for migrate; with several sources the highest",
}

_OF_KERAS_3 = "a .keras file that Keras 3 saved, a folder of them, or a pattern"
_SOURCES = (
    "a model saved by Keras 2: whole (.h5, .hdf5, a SavedModel folder), or only its weights (.h5, .hdf5, "
    ".index) or its architecture (.json, .yaml); a folder of them, or a pattern"
)


def build_parser() -> Parser:
    parser = Parser(prog="keras2to3", description=_DESCRIPTION + platforms.note(), epilog=_EPILOG)
    parser.add_argument("--version", action="version", version=f"keras2to3 {__version__}")
    text = f"print the completion script for a shell: {', '.join(completion.SHELLS)}"
    parser.add_argument(
        "--print-completion", action=completion.PrintCompletion, choices=completion.SHELLS, metavar="SHELL", help=text
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    _add_migrate(verbs.add_parser("migrate", help="write a verified .keras for each source", epilog=_EPILOG))
    text = "write a model of Keras 3 as one that Keras 2.15 opens, and verify it"
    _add_rollback(verbs.add_parser("rollback", help=text, epilog=_EPILOGS["rollback"]))
    text = "migrate models, roll back the results, and report what is the same"
    _add_roundtrip(verbs.add_parser("roundtrip", help=text, epilog=_EPILOGS["roundtrip"]))
    _add_check(
        verbs.add_parser(
            "check", help="print what migrate would do, without running anything", epilog=_EPILOGS["check"]
        )
    )
    _add_inspect(verbs.add_parser("inspect", help="print the contents of a file", epilog=_EPILOGS["inspect"]))
    text = "divide sources into shards, which any scheduler runs on many machines"
    _add_migrate(verbs.add_parser("plan", help=text, epilog=_EPILOGS["plan"]), cluster=False)
    text = "run one shard of a plan"
    shard_arguments.add_shard(verbs.add_parser("shard", help=text, epilog=_EPILOGS["shard"]))
    text = "write the summary of all shards of a plan"
    shard_arguments.add_merge(verbs.add_parser("merge", help=text, epilog=_EPILOGS["merge"]))
    text, epilog = "list, build and remove the environments with Keras 2 and Keras 3", environment_arguments.EPILOG
    environment_arguments.add_environment_verb(verbs.add_parser("env", help=text, epilog=epilog))
    for name, verb in verbs.choices.items():
        if name != "env":
            output_arguments.add(verb)
        verb.set_defaults(parser=verb)
        verb.verbs = verbs.choices
    return parser


def _add_migrate(parser: argparse.ArgumentParser, *, cluster: bool = True) -> None:
    _add_sources(parser, _SOURCES)
    shard_arguments.add_sharding(parser, cluster=cluster)
    _add_repeat(parser)
    _add_output(parser, "folder for the results")
    _add_names(parser)
    _add_place(parser)
    text = "migrate sources again that an earlier run has verified"
    parser.add_argument("--force", action="store_true", help=text)
    _add_architecture(parser)
    _add_trust(parser)
    _add_replace(parser)
    _add_customs(parser)
    _add_author(parser)
    _add_serve(parser)
    text = "leave the state of the optimizer out of the result, which is compiled all the same and smaller"
    parser.add_argument("--no-optimizer", action="store_true", help=text)
    _add_weights(parser.add_argument_group("weights for FILE.py:FUNCTION"))
    ci_arguments.add(parser.add_argument_group("continuous integration"))
    run_arguments.add_verification(parser.add_argument_group("verification"))
    run_arguments.add_limits(parser.add_argument_group("limits"))
    run_arguments.add_environments(parser.add_argument_group("environments"))


def _add_rollback(parser: argparse.ArgumentParser) -> None:
    _add_sources(parser, _OF_KERAS_3)
    shard_arguments.add_sharding(parser)
    _add_output(parser, "folder for the results", "rolled-back")
    _add_names(parser)
    _add_place(parser)
    text = "roll back sources again that an earlier run has verified"
    parser.add_argument("--force", action="store_true", help=text)
    text = (
        "what migrate wrote and the source was trained from, that .keras or its report; or a report of rollback, which "
    )
    text += "is repeated as migrate --from does"
    parser.add_argument("--from", dest="origin", metavar="FILE", help=text)
    _add_back_format(parser)
    _add_customs(parser)
    text = "leave the state of the optimizer out of the result, which is compiled all the same and smaller"
    parser.add_argument("--no-optimizer", action="store_true", help=text)
    ci_arguments.add(parser.add_argument_group("continuous integration"))
    run_arguments.add_verification(parser.add_argument_group("verification"))
    run_arguments.add_limits(parser.add_argument_group("limits"))
    run_arguments.add_environments(parser.add_argument_group("environments"), oldest=False)


def _add_roundtrip(parser: argparse.ArgumentParser) -> None:
    _add_sources(parser, _SOURCES)
    _add_repeat(parser)
    _add_output(parser, "folder for the results of both ways", "round-trip")
    _add_names(parser)
    _add_place(parser)
    parser.add_argument("--force", action="store_true", help="do again what an earlier run has verified")
    _add_back_format(parser)
    _add_customs(parser)
    _add_author(parser)
    ci_arguments.add(parser.add_argument_group("continuous integration"))
    run_arguments.add_verification(parser.add_argument_group("verification"), bundles=False)
    run_arguments.add_limits(parser.add_argument_group("limits"))
    run_arguments.add_environments(parser.add_argument_group("environments"), oldest=False)


def _add_back_format(parser: argparse.ArgumentParser) -> None:
    text = "what to write: a .h5, a .keras of Keras 2.15, or a SavedModel (default: %(default)s)"
    parser.add_argument("--format", choices=tuple(BACK_BY_OPTION), default=next(iter(BACK_BY_OPTION)), help=text)


def _add_check(parser: argparse.ArgumentParser) -> None:
    _add_sources(parser, f"{_SOURCES}; with --back {_OF_KERAS_3}")
    shard_arguments.add_sharding(parser)
    _add_repeat(parser)
    _add_output(parser, "folder for check.json")
    text = "tell what rollback would do with models of Keras 3"
    parser.add_argument("--back", action="store_true", help=text)
    _add_names(parser)
    _add_architecture(parser)
    _add_trust(parser)
    _add_replace(parser)
    _add_customs(parser)
    _add_author(parser)
    _add_serve(parser)
    ci_arguments.add(parser.add_argument_group("continuous integration"))
    run_arguments.add_scan(parser)
    run_arguments.add_sandbox(parser)


def _add_inspect(parser: argparse.ArgumentParser) -> None:
    _add_sources(parser, "a model or weights in any format of Keras 2, a folder of them, or a pattern")
    run_arguments.add_scan(parser)
    run_arguments.add_sandbox(parser)


def _add_repeat(parser: argparse.ArgumentParser) -> None:
    text = "a NAME.report.json whose source and settings are used, to repeat that run; other options win over them"
    parser.add_argument("--from", dest="repeat", metavar="REPORT", help=text)


def _add_sources(parser: argparse.ArgumentParser, text: str) -> None:
    text += " (default: `sources` in the configuration)"
    parser.add_argument("sources", nargs="*", type=shard_arguments.place, metavar="SOURCE", help=text)
    group = parser.add_mutually_exclusive_group()
    text = "file with settings (default: the nearest keras2to3.toml, or pyproject.toml with [tool.keras2to3])"
    group.add_argument("--config", type=Path, metavar="FILE", help=text)
    group.add_argument("--no-config", action="store_true", help="read no file with settings")
    text = "skip what has this name in the folders of the sources, or this path; may be given several times"
    parser.add_argument("--exclude", action="append", type=values.pattern, metavar="PATTERN", help=text)


def _add_output(parser: argparse.ArgumentParser, text: str, default: str = "migrated") -> None:
    text = f"{text} (default: %(default)s)"
    parser.add_argument("--output-dir", type=shard_arguments.place, default=Path(default), metavar="DIR", help=text)


def _add_names(parser: argparse.ArgumentParser) -> None:
    names = parser.add_mutually_exclusive_group()
    text = (
        "the folder whose structure the results keep (default: the current folder for sources below it, otherwise the "
    )
    text += "named folder, or that of the file)"
    names.add_argument("--root", type=values.folder, metavar="DIR", help=text)
    text = "write all results into one folder; refuse sources whose results would have the same name"
    names.add_argument("--flat", action="store_true", help=text)


def _add_place(parser: argparse.ArgumentParser) -> None:
    text = "replace files that keras2to3 did not write, and results of other sources"
    parser.add_argument("--overwrite", action="store_true", help=text)
    text = "wait for another run that uses the output folder, instead of ending with code 8"
    parser.add_argument("--wait", action="store_true", help=text)
    text = "write no pages (NAME.report.html, summary.html) beside the reports and the summary"
    parser.add_argument("--no-html", dest="html", action="store_false", help=text)


def _add_architecture(parser: argparse.ArgumentParser) -> None:
    text = "the architecture for sources with weights only: a file from to_json() or to_yaml() (default: the file with "
    text += "the same name in the same folder), or FILE.py:FUNCTION, which builds a Keras 3 model"
    parser.add_argument("--architecture", metavar="FILE", help=text)
    text = "migrate an architecture without weights, with random weights from its initializers"
    parser.add_argument("--fresh-weights", action="store_true", help=text)
    text = "the model to migrate if a source holds several: the name of a model in it, such as encoder"
    parser.add_argument("--part", type=values.part, metavar="NAME", help=text)


def _add_trust(parser: argparse.ArgumentParser) -> None:
    text = "let Keras 2.15 load code and operators that are otherwise refused; only for files whose maker you trust"
    parser.add_argument("--trust", action="store_true", help=text)


def _add_replace(parser: argparse.ArgumentParser) -> None:
    text = "a function that uses keras.ops to replace a refused Lambda or operator layer; may be given several times"
    form = "LAYER=FILE.py:FUNCTION"
    parser.add_argument("--replace", action="append", metavar=form, help=text)


def _add_customs(parser: argparse.ArgumentParser) -> None:
    text = "the custom classes and functions of the model for Keras 2.15, and without --custom-objects-3 for Keras 3"
    parser.add_argument("--custom-objects", metavar="FILE.py", help=text)
    text = "the same custom classes and functions for Keras 3"
    parser.add_argument("--custom-objects-3", metavar="FILE.py", help=text)


def _add_author(parser: argparse.ArgumentParser) -> None:
    text = (
        "the Keras that wrote the sources: 2.2.4, or tf-2.1 for the Keras of TensorFlow 2.1 (default: as in each file)"
    )
    parser.add_argument("--written-by", type=values.author, metavar="VERSION", help=text)


def _add_serve(parser: argparse.ArgumentParser) -> None:
    text = "migrate a refused SavedModel as a Keras 3 layer that calls its graph"
    parser.add_argument("--serve", action="store_true", help=text)


def _add_weights(group: argparse._ArgumentGroup) -> None:
    text = 'JSON that assigns tensors to variables, or layers to layers: {"new": "old"}'
    group.add_argument("--map", metavar="FILE.json", help=text)
    text = "what to write: a .keras, or only the weights as .weights.h5 (default: %(default)s)"
    group.add_argument("--format", choices=tuple(BY_OPTION), default=next(iter(BY_OPTION)), help=text)
