"""What brings about the errors of the command itself in the catalogue: it returns what is printed.

Everything is written into the current folder. Nothing of this needs TensorFlow.
"""

from __future__ import annotations

import base64
import io
import json
import marshal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interchange.errors import Failure
from tests.models import hdf5_files
from tests.models.hdf5_files import dense, lambda_layer, layer, sequential
from tests.support.error_pages import Reproducers

H5 = "model.h5"


def error_of(name: str, **options: Any) -> dict[str, Any]:
    """What the report of `check` says is wrong with a source."""
    from keras2to3.dry_run import check
    from keras2to3.options.commands import CheckOptions
    from keras2to3.reports.console import Lines

    check.check(CheckOptions((Path(name),), Path("out"), **options), Lines(io.StringIO()))
    (row,) = json.loads(Path("out", check.NAME).read_text())["sources"]
    return row["error"]


def checked(name: str = H5, **options: Any) -> str:
    """The message, which is printed with its problems and its hint."""
    return error_of(name, **options)["message"]


def checked_model(*layers: dict[str, Any]) -> str:
    hdf5_files.write(Path(H5), sequential(*layers))
    return checked()


def problem_of(*layers: dict[str, Any]) -> str:
    """The text of the only problem of a model."""
    hdf5_files.write(Path(H5), sequential(*layers))
    (problem,) = error_of(H5)["problems"]
    return problem["text"]


def failing(call: Callable[[], object]) -> str:
    with pytest.raises(Failure) as caught:
        call()
    return caught.value.message


def of_text() -> str:
    Path(H5).write_text("hello " * 100)
    return checked()


def weights_alone() -> str:
    hdf5_files.write_weights(Path(H5))
    return checked()


def cut_short() -> str:
    whole = hdf5_files.write(Path(H5)).read_bytes()
    Path(H5).write_bytes(whole[: len(whole) // 2])
    return checked()


def architecture_alone() -> str:
    Path("model.json").write_text(json.dumps(sequential(dense())))
    return checked("model.json")


def untranslatable() -> str:
    code = compile("lambda x: tf.py_function(x, [x], 1)", "model.py", "eval").co_consts[0]
    function = [base64.b64encode(marshal.dumps(code)).decode(), None, None]
    return problem_of(
        layer("Lambda", "lambda", function=function, function_type="lambda", module="model", arguments={})
    )


def without_part() -> str:
    hdf5_files.write(Path(H5))
    return checked(part="encoder")


def off(gap: float, noise: float = 0.0) -> str:
    """What is said of outputs that differ by `gap`, and that rounding alone moves by `noise`."""
    from importer.verify import verify
    from importer.verify.recorded_calls import Answer, Probe
    from interchange.messages.requests import ToleranceOptions
    from interchange.workers.tolerances import tolerance

    truth = np.array([[1.0, -3.0], [0.25, 2.0]], "float32")
    calls = [[Probe("normal", [truth], [Answer("dense", truth, noise)])]]
    with pytest.MonkeyPatch.context() as context:
        context.setattr(verify, "outputs", lambda model, _: [truth + np.float32(gap)])
        context.setattr(verify, "tolerances", lambda _, n, *asked: [tolerance({"float32"}, *asked)] * n)
        return failing(lambda: verify.compared(None, calls, ToleranceOptions()))


def without_walls() -> str:
    from keras2to3.sandbox import missing_restrictions

    with pytest.MonkeyPatch.context() as context:
        context.setattr(missing_restrictions.sys, "platform", "linux")
        failure = missing_restrictions.refusal("exporter", {"landlock": "Function not implemented"}, ())
    assert failure
    return failure.message


def flat() -> str:
    from keras2to3.results.plan import plan
    from keras2to3.sources import find

    for folder in ("a", "b"):
        Path(folder).mkdir(exist_ok=True)
        hdf5_files.write(Path(folder, H5))
    return failing(lambda: plan(find([Path("a"), Path("b")], None), Path("migrated"), flat=True))


def installer() -> str:
    from keras2to3.environments import installer_failures

    return installer_failures.failed(["uv"], 1, ["error: Request failed"]).message


REPRODUCERS: Reproducers = {
    "custom-code-needed": [lambda: problem_of(layer("Mine", "mine"))],
    "body-cannot-be-translated": [untranslatable],
    "bytecode-cannot-be-read": [lambda: problem_of(lambda_layer())],
    "no-rule": [lambda: checked_model(layer("Dense", "dense", units=2, colour="red"))],
    "not-an-hdf5-file": [of_text],
    "weights-without-an-architecture": [weights_alone],
    "architecture-without-weights": [architecture_alone],
    "damaged-or-cut-short": [cut_short],
    "holds-no-model-called": [without_part],
    "outputs-differ": [lambda: off(1.0)],
    "rounding-alone": [lambda: off(0.0, noise=2.9)],
    "sandbox-lacks-restrictions": [without_walls],
    "results-of-the-same-name": [flat],
    "an-installer-failed": [installer],
}
