"""Every way out by an option that a message names, and the test that has followed it and arrived."""

from __future__ import annotations

import ast
import dataclasses
import functools
import re
from collections.abc import Iterator

from keras2to3.options.commands import Options
from tests.support.paths import ROOT

_PACKAGES = ("keras2to3", "exporter", "importer", "interchange", "bytecode", "translation")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
# Where options are said that are no advice: the parser itself, and the command lines of other programs.
_OTHERWISE = frozenset(
    {
        "keras2to3/cli/arguments.py",
        "keras2to3/cli/command_line.py",
        "keras2to3/cli/run_arguments.py",
        "keras2to3/cli/shard_arguments.py",
        "keras2to3/options/conflicts.py",
        "keras2to3/environments/installers.py",
        "keras2to3/environments/interpreters.py",
    }
)

# The beginning of a hint, in which `{}` stands for what is filled in, and the test that follows it.
FOLLOWED = {
    "--on {}: Dask is not installed": "fleet/test_shards.py::test_a_cluster_does_the_same_and_goes_on",
    "--on {}: no cluster": "fleet/test_shards.py::test_a_running_scheduler_takes_shards_and_loses_none_with_a_worker",
    "plan it again: keras2to3 plan": "fleet/test_shards.py::test_the_commands_end_as_they_should",
    "choose another format for the result with --format": "e2e/rollback/test_rollback.py::"
    "test_a_model_that_one_format_cannot_hold_is_written_in_another",
    "move it away, or choose another folder": "integration/results/test_workspace.py::"
    "test_a_check_replaces_no_file_that_is_not_its_own",
    "choose another folder with --output-dir, or replace it": "integration/results/test_existing_results.py::"
    "test_a_folder_of_an_earlier_version_is_known_and_the_ways_out_lead_out",
    "wait for it with --wait": "integration/results/test_workspace.py::"
    "test_the_second_run_is_told_who_is_at_work_and_takes_nothing_away",
    "choose another place with --output-dir": "integration/executors/test_scheduler.py::test_nowhere_to_write",
    "Choose another folder with --output-dir": "unit/results/test_plan.py::test_a_result_never_lies_on_its_source",
    "Name a folder with --root": "unit/results/test_plan.py::"
    "test_what_lies_outside_of_the_root_is_a_wrong_usage_of_its_own",
    "Migrate one of them by itself": "integration/results/test_existing_results.py::"
    "test_results_that_would_meet_leave_what_is_there_and_one_alone_arrives",
    "leave --flat out": "unit/results/test_plan.py::"
    "test_flat_results_that_would_meet_stop_the_run_and_all_pairs_are_listed",
    "Select one with --architecture": "unit/test_weight_pairs.py::test_the_user_decides",
    "If it is a large model that you trust": "integration/scanner/test_process.py::"
    "test_more_time_helps_as_the_hint_says",
    "give it more time with --timeout": "e2e/test_troubles.py::test_a_model_that_takes_too_long_is_told",
    "there was not enough time to train it": "keras2/test_training_proof.py::test_more_time_helps",
    "only {} of {} steps are compared": "keras2/test_training_proof.py::"
    "test_fewer_steps_are_recorded_where_not_all_would_fit",
    # Files and functions of the user's own.
    "Define it as it was in Keras 2": "e2e/test_custom_objects.py::"
    "test_every_format_is_verified_with_the_user_s_classes",
    "define it as it was in Keras 2, in the file of --custom-objects": "e2e/rollback/test_rollback_custom_objects.py::"
    "test_a_model_goes_back_with_the_user_s_classes",
    "give the file that defines it": "keras2/test_training_state.py::"
    "test_what_is_missing_is_named_and_comes_with_custom_objects",
    "Define it as it is in Keras 3, in the file": "e2e/test_custom_objects.py::"
    "test_every_format_is_verified_with_the_user_s_classes",
    "Define {name} in a file": "e2e/test_custom_objects.py::test_a_class_that_is_as_short_as_the_refusal_says_will_do",
    "Give the file that holds its weights": "e2e/test_custom_objects.py::"
    "test_a_model_that_lists_no_layers_is_refused_and_arrives_as_it_is_told",
    "does {} override `call`?": "e2e/test_custom_objects.py::"
    "test_what_a_class_computes_besides_is_met_when_outputs_are_compared",
    '"""Classes of {source}': "e2e/test_custom_objects.py::test_without_them_a_skeleton_lies_beside_the_report",
    "Replace it by a function that uses keras.ops": "e2e/test_replaced.py::"
    "test_a_lambda_and_an_operator_are_replaced_and_verified",
    "Define the original beside it": "e2e/test_replaced.py::test_a_lambda_and_an_operator_are_replaced_and_verified",
    "Define the original function in": "unit/dry_run/test_replaced_layers.py::"
    "test_without_the_old_function_there_is_nothing_to_compare_with",
    "`--trust` lets Keras 2.15": "unit/scanner/test_architecture.py::test_trust_lifts_what_is_code_and_nothing_else",
    "Where {} are numbers or texts": "unit/scanner/test_library_functions.py::"
    "test_a_file_that_defines_the_names_of_a_body_is_a_way_out",
    # Parts and weights.
    "Leave --part out": "unit/dry_run/test_check.py::test_one_model_of_those_in_it",
    "leave --part out": "unit/dry_run/test_check.py::test_one_model_of_those_in_it",
    "select one with --part NAME and its architecture": "keras2/test_architectures.py::"
    "test_one_of_several_models_in_a_checkpoint",
    "select one with --part NAME, in one run for each, or": "keras3/test_weights_alone.py::"
    "test_one_of_several_models_is_taken_when_it_is_named",
    "Give what model.to_json() or model.to_yaml() wrote": "e2e/test_architectures.py::"
    "test_weights_find_their_architecture",
    "Give what model.save_weights wrote": "unit/scanner/test_separate_architecture.py::"
    "test_each_file_has_to_be_what_it_is_given_for",
    "It is a whole model with an architecture": "unit/scanner/test_separate_architecture.py::"
    "test_each_file_has_to_be_what_it_is_given_for",
    "Give the function that builds the model": "keras2/test_weights_alone.py::"
    "test_weights_of_keras_before_1_0_are_given_back_in_their_order",
    "Give its weights: WEIGHTS": "unit/dry_run/test_check.py::"
    "test_an_architecture_alone_gets_fresh_weights_and_says_so",
    "Decide it with --map": "keras3/test_weights_alone.py::"
    "test_ambiguous_weights_are_refused_with_both_candidates_and_a_map_settles_it",
    "give --map a JSON file": "keras3/test_weights_alone.py::"
    "test_ambiguous_weights_are_refused_with_both_candidates_and_a_map_settles_it",
    "`--format weights` writes": "keras3/test_weights_alone.py::test_weights_alone_for_a_class_of_one_s_own",
    "is of a run with --trust": "integration/options/test_repeated.py::test_no_report_gives_trust",
    # What proves a model, and which Keras.
    "give samples of its inputs": "keras2/test_export.py::test_samples_tell_a_shape_that_an_architecture_lacks",
    "give samples with --inputs FILE.npz where": "keras2/test_graph_alone.py::"
    "test_samples_tell_how_many_axes_an_input_has",
    "if it takes others, give some": "keras2/test_export.py::"
    "test_samples_stand_in_for_probes_that_a_model_does_not_take",
    "say which Keras wrote it": "unit/dry_run/test_check.py::test_who_is_asked_which_keras_wrote_it_can_say_so",
    "If Keras 1.0.6 or later wrote it": "unit/dry_run/test_check.py::test_who_is_asked_which_keras_wrote_it_can_say_so",
    "Open it with the Keras that saved it": "keras3/test_keras3_file.py::"
    "test_what_another_keras_saved_is_opened_by_that",
    "pass --serve": "e2e/test_saved_models.py::test_what_is_refused_goes_on_as_its_graph_when_it_is_asked_for",
    "Keras 3 computes with other kernels": "unit/importer/test_verify.py::"
    "test_what_differs_for_the_user_alone_accuses_nobody_and_shows_the_way_out",
}

# What names an option and advises nothing.
SAYS = (
    "a verified source fails a rule of --fail-on",
    "replaced by {} (--replace), sha256",
    "--replace {}: the model has no such layer",
    "--part",
    "--keras {}: TensorFlow {} needs",
    "--tensorflow {}: {} is the oldest",
    "--map",
    "--inputs-only was given",
    "Nothing lifts this policy",
    "--serve was given, so a layer calls its graph",
    "{} is not below --root",
    "with --flat several sources",
    "output {} differs by {}, and --rtol",
    "{} of the checkpoint is left out: --part",
    "another model, is left out: --part",
    "only the weights of {} are migrated: --part",
    "only the model {} is migrated: --part",
)

# What no test can bring about, or where the way out depends on what the user has.
UNPROVEN = {
    "raise --memory": "a test would have to fill the memory of the machine",
    "close other programs, or raise --memory": "a test would have to fill the memory of the machine",
    "error.log in the report is the end of its log": "why a process has died is not known",
    "error.log in the report says why": "what an environment lacks is not known",
    "free some space, or choose another place": "a full disk is there in tests, and another one is not",
    "use --keras {} or a newer one": "the two locked Keras have what is asked for",
    "use the newest Keras, without --keras": "the two locked Keras have what is asked for",
    "leave out --keras, so that the newest one": "the two locked Keras read what they write",
    "pass inputs on which it is more stable": "which inputs those are the user knows",
    "tf_keras computes the same as the new model": "the kernels of the two TensorFlow agree within the tolerance",
    "give the architecture that model.to_json() wrote with --architecture FILE.json: it": "Theano writes no file today",
}


@functools.cache
def hints() -> dict[str, str]:
    """Every text of the code that names an option of the command besides other words, with the file it is in."""
    known = {f"--{field.name.replace('_', '-')}" for field in dataclasses.fields(Options)}
    found = {}
    for path in sorted(each for package in _PACKAGES for each in (ROOT / package).rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        source = path.read_text(encoding="utf-8")
        for text in _texts(ast.parse(source)) if "--" in source and place not in _OTHERWISE else ():
            if known & set(_OPTION.findall(text)) and " " in text:
                found[text] = place
    return found


def _texts(tree: ast.Module) -> Iterator[str]:
    """The strings of a module that are no docstrings, with `{}` for every value in them."""
    others = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    others |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in others:
            yield node.value


def names_in(file: str) -> frozenset[str]:
    """The names of the functions in a file below `tests/`."""
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def options_in(text: str) -> list[str]:
    """The options that a text names."""
    return _OPTION.findall(text)
