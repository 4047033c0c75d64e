"""The models in which faults are put, from what the tests build: every kind of layer, graph, input and operator."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from proof.programs import run
from tests.models import layer_rules, operators
from tests.support.paths import MODELS

TOPOLOGIES = """
shared_layer_three_times nested_three_deep inner_model_twice channels_first_in_all_dimensions
inner_with_several_outputs same_names_in_two_towers dict_inputs inner_with_dict_inputs stateful_fixed_batch
seq2seq_masked mask_given_in_call cudnn_layers virtual_batches sequential_with_time_major model_in_time_distributed
embedding_in_wrapped_model stacked_cells masked_add_lstm masked_concatenate_pooling masked_multiply_bidirectional
residual_of_one_mask mask_through_inner_model masking_layer mixed_float16 float64 words_and_back
text_through_a_masked_lstm transformer_of_masked_words attention_over_heads constants_left_of_tensors raw_operators
""".split()
KEYS = """
Bidirectional Conv1D Conv2D EinsumDense Embedding LSTM LayerNormalization LocallyConnected1D MultiHeadAttention
Normalization SimpleRNN TextVectorization
""".split()
RULES = """
BatchNormalization Attention Conv1DTranspose Conv2DTranspose GroupNormalization LeakyReLU ReLU ThresholdedReLU
UpSampling2D
""".split()
"""The first example of each."""
OPERATORS = ["clip_by_value", "linalg.matmul", "math.reduce_sum", "nn.softmax", "nn.conv2d"]
LAMBDAS = ["rescaled", "distance"]
BASIC = ["gru_time_major", "lstm_hard_sigmoid"]
APPLICATIONS = ["mobilenet", "densenet"]


def saved(folder: Path, python: Path, names: Sequence[str] = ()) -> list[Path]:
    """All models as files of Keras 2.15, or those whose names have one of these words in them."""
    examples = {name: row for name, row in layer_rules.examples().items() if name in {f"{each}-0" for each in RULES}}
    known = operators.examples()
    plan: Mapping[str, tuple[Sequence[str], Mapping[str, Any] | None]] = {
        "topologies.py": (TOPOLOGIES, None),
        "every_key.py": (KEYS, None),
        "layer_rules.py": ([*examples], examples),
        "operators.py": (OPERATORS, {name: known[name] for name in OPERATORS if name in known}),
        "lambdas.py": (LAMBDAS, None),
        "applications.py": (APPLICATIONS, None),
        "basic.py": (BASIC, None),
    }
    paths = []
    for script, (listed, rows) in plan.items():
        wanted = [name for name in listed if not names or any(word in name for word in names)]
        if wanted:
            paths += _saved(script, wanted, rows, folder / script.removesuffix(".py"), python)
    return paths


def _saved(script: str, names: Sequence[str], rows: Mapping[str, Any] | None, folder: Path, python: Path) -> list[Path]:
    folder.mkdir(parents=True)
    arguments = list(names) if script != "basic.py" else []
    if rows is not None:
        examples = folder / "examples.json"
        examples.write_text(json.dumps({name: rows[name] for name in names if name in rows}), encoding="utf-8")
        arguments = [str(examples)]
    done = run([python, MODELS / script, folder, *arguments])
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, str(script), stderr=done.stderr)
    return [path for name in names if (path := folder / f"{name}.h5").exists()]
