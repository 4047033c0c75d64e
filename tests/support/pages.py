"""Made-up reports with all there can be in them, for pages."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

from interchange.errors import Exit, Failure, Problem
from interchange.messages.changes import Change
from interchange.messages.details import (
    Details,
    Edge,
    LayerDifference,
    Node,
    OutputPairs,
    Picture,
    WeightRow,
)
from interchange.messages.training import Training, TrainingComparison, TrainingVerification
from interchange.messages.verification import (
    ExtremeProbe,
    FirstDifference,
    GraphComparison,
    OutputComparison,
    RecoveredLambda,
    UnprovingProbe,
    Verification,
    unproven,
)
from interchange.messages.weights import WeightMatch, Weights
from keras2to3.reports.report import Report, ReportedOutput
from keras2to3.reports.round_trip import (
    ConfigDifference,
    Leg,
    OutputDifference,
    RoundTrip,
    StepsDifference,
    TensorDifference,
    TrainingDifference,
)
from keras2to3.reports.ways import Trip, Way

CLASSES = ("Conv2D", "BatchNormalization", "ReLU", "DepthwiseConv2D", "Add")
CHANGES = (
    Change("", "compile", "lossy", "the compiled state is not in the result; compile the model again to train it"),
    Change("layer_3", "DepthwiseConv2D", "semantic", "`data_format` is written out"),
    Change("layer_8", "DepthwiseConv2D", "structural", "groups=1 dropped"),
    Change("layer_3", "DepthwiseConv2D", "structural", "groups=1 dropped"),
    Change("layer_1", "BatchNormalization", "training-only", "momentum is read otherwise"),
)
HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "]]><!--",
    "\x1b[31mred\x07",
    "\u202eevil\udc80\x00",
    "'\"><svg/onload=alert(1)>{{ 7*7 }}",
    "x" * 10_000,
)
"""What a file may call a layer, to break a page."""
STATUSES = ("verified", "restored", "unchanged", "refused", "differs", "failed")


def verification(first: str | None = None) -> Verification:
    """Of two outputs, of which the second differs where a layer is the first to differ."""
    apart = replace(unproven(""), why=None, reference="recovered", strength="full", inputs=("normal", "wide"))
    rows = (
        OutputComparison("scores", (10,), "float32", 2e-7, 1e-7, 2e-5, equal=True),
        OutputComparison("boxes", (4,), "float32", 0.5 if first else 0.0, 0.1, 2e-5, equal=not first),
    )
    return replace(
        apart,
        samples=17,
        numbers=3410,
        noise=1e-7,
        outputs=rows,
        learnt="ids below 100",
        graph=GraphComparison(True, "on normal and wide"),
        recovered=(
            RecoveredLambda("code", "x = tf.nn.relu(t)\nreturn x * 2.0", "3.8", None, "its bytecode was not run"),
        ),
        extremes=(ExtremeProbe("NaN", False, "NaN became 0"), ExtremeProbe("inf", True, "")),
        proves_nothing=(UnprovingProbe("tiny", "boxes", 0.4, 1.0),),
        first_difference=FirstDifference(first, "Add", 0.5) if first else None,
        training=TrainingVerification(
            3,
            8,
            (
                TrainingComparison("loss", "loss of step 1", 0.0, 2e-5, equal=True),
                TrainingComparison("weight", "layer_0/kernel", 3e-7, 1e-6, equal=True),
                TrainingComparison("slot", "layer_0/kernel momentums", None, 1e-6, equal=False, reason="another shape"),
            ),
            by_design=("Nadam goes on otherwise",),
        ),
    )


def report(status: str = "verified", **source: Any) -> Report:
    """A report of a status with everything that it may tell."""
    made = Report({"path": "models/fraud.h5", "name": "fraud", "sha256": "0" * 64, "format": "h5", **source}, status)
    made.changes = CHANGES
    made.environments = {"keras2": {"keras": "2.15.0", "box": {"network": "seccomp"}}, "keras3": {"keras": "3.15.1"}}
    made.made_with = {"keras2to3": "0.1.0", "options": {"rtol": 1e-4, "format": "keras", "map": [], "trust": False}}
    if status in ("refused", "differs", "failed"):
        made.verification = verification("layer_4") if status == "differs" else None
        code = {"refused": Exit.REFUSED, "differs": Exit.DIFFERS}.get(status, Exit.UNREADABLE)
        problem = Problem("outer/code", "Lambda", "reads a file", "function", "x", "Use `--replace`.", "files")
        made.fail(Failure(code, "no result", "try this", (problem,), {"log": "line 1\nline 2"}))
    else:
        made.verification = verification() if status == "verified" else unproven("there is no model of Keras 2")
        made.weights = Weights(10, 4096, 9, 1)
        made.training = Training("kept", steps=3, metrics_names={"acc": "accuracy"})
        made.output = ReportedOutput("migrated/fraud.keras", "1" * 64, "native", "3.5.0", None, bundle=False)
    return made


def hostile_report(text: str, status: str = "differs") -> Report:
    """A report in which everything that a model may name is this text."""
    made = report(status, path=text, name=text, saved_by={text: text})
    made.changes = (Change(text, text, "structural", text),)
    made.earlier = {"kept": text}
    made.made_with = {"keras2to3": text, "code": text, "options": {text: text, "inputs": {"sha256": text}}}
    made.settings = {text: {"value": [text], "from": text}, "rtol": {"value": text, "from": text}}
    found = verification(text)
    made.verification = replace(
        found,
        inputs=(text,),
        learnt=text,
        outputs=tuple(replace(row, name=text, reason=text, equal=False) for row in found.outputs),
        recovered=tuple(replace(row, layer=text, body=text, text=text) for row in found.recovered),
        extremes=tuple(replace(row, probe=text, text=text) for row in found.extremes),
    )
    problem = Problem(text, text, text, text, text, text, text)
    assert made.error is not None
    made.error = replace(made.error, message=text, hint=text, problems=(problem,), log=text)
    match = WeightMatch(text, text, (1,), "name", "likely", text)
    made.weights = Weights(1, 4, 1, 0, (match,))
    return made


def hostile_details(text: str) -> Details:
    """A model of one layer that is called so."""
    node = Node(text, text, text, 1, (text,), text)
    pairs = OutputPairs(text, (1.0,), (1.0,), (1,) + (0,) * 8)
    drawn = Picture((node,), (Edge(text, text),))
    layer = LayerDifference(text, text, None, 1.0, 1.0, False)
    return Details(drawn, drawn, (pairs,), (layer,), (WeightRow(text, text, (1,), "float32", text, text),))


def of_kind(kind: str) -> Report:
    """A verified report that is not of a whole model of Keras 2."""
    made = report()
    made.changes = (Change("layer_3", "LSTM", "structural", "time_major=False dropped"),)
    if kind == "rollback":
        made.made_with = {"keras2to3": "0.1.0", "options": {"origin": None, "format": "h5"}}
    elif kind == "keras3":
        made.source["saved_by"] = {"keras_version": "3.4.0"}
    else:
        made.source["architecture"] = {"path": "models.py", "function": "network", "sha256": "0" * 64}
        made.weights = Weights(
            2, 64, 2, 0, (WeightMatch("dense/kernel", "out/kernel", (4, 2), "shape", "certain", ""),)
        )
    return made


def round_trips(text: str = "") -> list[Trip]:
    """One that came back with differences, one that was not migrated, and one that did not come back.

    A `text` is what the model calls everything.
    """
    there, back = report("verified", name=text or "fraud"), of_kind("rollback")
    leg = Leg("verified", 0, "out/keras3/fraud.keras", "out/keras3/fraud.report.json", "out/keras3/fraud.bundle", None)
    lost = Leg("refused", 4, None, "out/keras3/code.report.json", None, text or "a Lambda layer reads a file")
    differences = (ConfigDifference(text or "layers/out/config/activation", text or "'relu'", "'gelu'", text or None),)
    same = RoundTrip(
        text or "models/fraud.h5",
        leg,
        leg,
        OutputDifference(340, 338, 1e-7),
        differences,
        TensorDifference(10, 9, (text or "out/kernel",)),
        TrainingDifference(True, TensorDifference(4, 4, ()), StepsDifference(True, 1e-9), None),
    )
    pairs = Details(outputs=(hostile_details(text) if text else details()).outputs)
    return [
        Trip(same, Way(leg, there, pairs), Way(leg, back, pairs)),
        Trip(RoundTrip(text or "models/code.h5", lost, None), Way(lost, report("refused", name=text or "code")), None),
        Trip(RoundTrip("models/odd.h5", leg, lost), Way(leg, there), Way(lost, report("refused", name="odd"))),
    ]


def refused_with_picture() -> tuple[Report, Details]:
    """A model that is refused for a layer within another, whose file shows its layers."""
    nodes = (
        Node("given", "InputLayer", "(None, 4)", 0, (), None),
        Node("outer", "Functional", "", 0, (), None),
        Node("outer/code", "Lambda", "", 0, (), None),
        Node("out", "Dense", "", 10, (), None),
    )
    edges = (Edge("given", "outer"), Edge("outer", "out"))
    return report("refused"), Details(before=Picture(nodes, edges))


def picture(count: int) -> Picture:
    """A chain of blocks, each with a way around it; a layer of each block is changed."""
    nodes, edges = [], []
    for place in range(count):
        name, kind = f"layer_{place}", CLASSES[place % 5]
        rules = ("DepthwiseConv2D",) if kind == "DepthwiseConv2D" else ()
        nodes.append(Node(name, kind, "(None, 56, 56, 64)", 1000 + place, rules, name))
        edges += [
            Edge(f"layer_{place - step}", name) for step in (1, *((5,) if kind == "Add" else ())) if place >= step
        ]
    return Picture(tuple(nodes), tuple(edges))


def details(count: int = 10, outputs: int = 1) -> Details:
    """Of a model with so many layers."""
    chance, drawn = random.Random(21), picture(count)
    before = [chance.gauss(0, 1) for _ in range(1000)]
    after = [value + chance.gauss(0, 1e-7) for value in before]
    pairs = OutputPairs("scores", tuple(before), tuple(after), (12_000, 9_000, 30_000, 4_100, 220, 13, 4, 0, 0))
    gaps = [chance.uniform(0, 1e-6) for _ in drawn.nodes]
    return Details(
        drawn,
        drawn,
        (pairs,) * outputs,
        tuple(
            LayerDifference(node.path, node.class_name, gap, 3.0, 6e-5, True) for node, gap in zip(drawn.nodes, gaps)
        ),
        tuple(
            WeightRow(
                node.path, name, (3, 3, 64, 64), "float32", f"{node.path}/{name}", "" if name == "bias" else "reshaped"
            )
            for node in drawn.nodes
            for name in ("kernel", "bias")
        ),
    )


def summary(count: int, page_of: Path = Path("out")) -> dict[str, Any]:
    """The document of `summary.json` with so many rows."""
    rows = [
        {
            "source": f"models/fraud/model_{place}.h5",
            "name": f"fraud/model_{place}",
            "status": STATUSES[place % len(STATUSES)],
            "exit_code": 0,
            "output": None,
            "report": str(page_of / f"fraud/model_{place}.report.json"),
            "message": "no result" if place % len(STATUSES) > 2 else None,
            "max_abs": place * 1e-9,
            "tolerance": 1e-6,
        }
        for place in range(count)
    ]
    return {"schema": 2, "exit_code": 4, "run": {"id": "0" * 12, "when": "2026-12-01T12:00:00Z"}, "sources": rows}
