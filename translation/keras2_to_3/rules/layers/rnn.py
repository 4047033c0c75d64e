"""`keras.layers`, rnn: recurrent layers, their cells, and the wrappers around them."""

from __future__ import annotations

from typing import Any

from translation.evidence import Config, Example, SilentChange, keras2, keras3
from translation.keras2_to_3.rules.layers.layouts import channels, of_two_dtypes
from translation.verbs import Decision, Rule, Verb, custom, decompose, drop, ignore, same

KIND = "layers"

_CELL = (
    "units activation use_bias kernel_initializer recurrent_initializer bias_initializer kernel_regularizer "
    "recurrent_regularizer bias_regularizer kernel_constraint recurrent_constraint bias_constraint dropout "
    "recurrent_dropout seed"
)
_SEQUENCE = "return_sequences return_state go_backwards stateful unroll zero_output_for_mask activity_regularizer"
_CONSTANTS = "only a cell of your own takes constants, and it would need its code"
_ONCE_MORE = "the layer in it is stateful: Keras 2 runs it once more on the first step, and its states count that"
_REVERSED = "where Keras 2.15 runs with it at all, it computes the same and returns the states in the same order"
_GATED = "recurrent_activation implementation"

_TIME_MAJOR = SilentChange(
    before="`time_major=True`: reads (time, batch, features)",
    after="refuses the key; a config without it reads (batch, time, features)",
    difference="what an LSTM of 2 units gives for a tensor of (5, 2, 3): **(2, 2)** → **(5, 2)**",
    answer="transposed around the layer",
    measure="time_major",
)
_MASK_BESIDE_STATES = SilentChange(
    before="finds the mask of its sequences",
    after="does not look for one if it is given initial states",
    difference="a GRU on a padded sequence: **0.086**",
    answer="the mask is handed over by name",
    measure="mask_beside_states",
)
_DEFAULT_GATES = SilentChange(
    before="`recurrent_activation` is `hard_sigmoid` by default, and is written in every file",
    after="the default is `sigmoid`, and `hard_sigmoid` is another function",
    difference="a ConvLSTM2D, written from scratch: **0.068**; with the old default written out: **0.072**",
    answer="the file's own value counts; [hard_sigmoid](#kerasactivations) is written out",
    measure="gates_of_convolutions",
)
_MASK_OF_STEPS = SilentChange(
    before="gives the mask that the wrapped layer makes of each step",
    after="gives its own input's mask",
    difference="the mean over an Embedding of padded ids, applied to each step: **1.5** → **1.0**",
    answer="the mask of Keras 2 is attached to the output",
    measure="mask_of_steps",
)


def _time_major() -> tuple[Verb, ...]:
    text = "transposed around the layer, because Keras 3 knows batch-major sequences only"
    return decompose("time_major", True, "time_major", text)


def _no_constants() -> tuple[Verb, ...]:
    return drop("num_constants", 0, None, why=_CONSTANTS)


def _unwritten() -> tuple[Verb, ...]:
    why = "Keras 3 does not write it for a SimpleRNN"
    return ignore("activity_regularizer", kind="training-only", why=why)


def _layer(name: str, keys: str, activity: tuple[Verb, ...] = same("activity_regularizer")) -> Rule:
    return Rule(
        name,
        same(f"{keys} {_SEQUENCE.replace(' activity_regularizer', '')}") + activity + _time_major() + _no_constants(),
        decomposition="recurrent_call",
        source=keras3("layers/rnn/rnn.py"),
        examples=(
            Example({"units": 3, "time_major": False}, {"units": 3}, ((5, 2),)),
            Example({"units": 3, "time_major": True, "return_sequences": True}, {"units": 3}, ((5, 2),)),
        ),
        quiet=(_TIME_MAJOR, _MASK_BESIDE_STATES),
    )


def _convolutional(rank: int) -> Rule:
    keys = _CELL.replace("units", "filters").replace(" seed", "")
    return Rule(
        f"ConvLSTM{rank}D",
        same(f"{keys} recurrent_activation unit_forget_bias kernel_size strides padding dilation_rate")
        + channels()
        + same(_SEQUENCE)
        + ignore("time_major", kind="structural", why="a ConvLSTM of Keras 2 accepts and ignores it"),
        decomposition="recurrent_call",
        source=keras2("layers/rnn/base_conv_lstm.py"),
        examples=(
            Example({"filters": 2, "kernel_size": 2}, {"filters": 2}, ((3, *(5,) * rank, 2),)),
            Example({"filters": 2, "kernel_size": 2, "return_sequences": True}, {}, ((3, *(5,) * rank, 2),)),
            Example(
                {"filters": 2, "kernel_size": 2, "data_format": "channels_first", "return_sequences": True},
                {"data_format": "channels_last"},
                ((3, 2, *(5,) * rank),),
            ),
        ),
        quiet=(_DEFAULT_GATES,),
    )


def _generic() -> Rule:
    keys = _SEQUENCE.replace("activity_regularizer", "cell activity_regularizer")
    return Rule(
        "RNN",
        same(keys) + _time_major() + custom("num_constants", "left out: no cell of Keras reads them", _constants),
        decomposition="recurrent_call",
        source=keras2("layers/rnn/stacked_rnn_cells.py", "constants go to the cells that take them"),
    )


def _constants(config: Config) -> Decision:
    """Stacked cells take constants for those among them that read one, and those of Keras do not."""
    if not config["num_constants"]:
        return Decision()
    if config["cell"]["class_name"] != "StackedRNNCells":
        return Decision(refusal=f"Keras 3 has no num_constants: {_CONSTANTS}")
    return Decision(change=("structural", "the constants in the call are left out: no cell of Keras reads them"))


_CELL_WRAPPERS = {
    "DropoutWrapper": (
        "it drops at inference as well, and Keras 3 has no wrappers of cells",
        "give the cell itself dropout and recurrent_dropout, and save the model again",
    ),
    "ResidualWrapper": (
        "Keras 3 has no wrappers of cells",
        "put the plain cell into an RNN with return_sequences=True and an Add behind it, and save the model again",
    ),
    "DeviceWrapper": (
        "it names a machine's device, and Keras 3 has no wrappers of cells",
        "take the cell out of it, which computes the same, and save the model again",
    ),
}


def _cell_wrapper(name: str, why: str, instead: str) -> Rule:
    return Rule(name, source=keras2("layers/rnn/cell_wrappers.py", "removed"), refused=why, instead=instead)


def _both_ways(config: Config) -> Decision:
    """Keras 3 makes the second layer go backwards even where the first one does, and then refuses the two."""
    layer: dict[str, Any] = dict(config["layer"])
    if "backward_layer" in config or not layer["config"].get("go_backwards"):
        return Decision({"layer": layer}, refusal=of_two_dtypes(config))
    twin = {**layer, "config": {**layer["config"], "go_backwards": False}}
    change = ("structural", "backward_layer is written out, because layer itself goes backwards")
    return Decision({"layer": layer, "backward_layer": twin}, change, of_two_dtypes(config))


def _each_step(config: Config) -> Decision:
    """The layer that is applied to each step must not remember the one before."""
    layer: Any = config["layer"]
    return Decision({"layer": layer}, refusal=of_two_dtypes(config) or (_ONCE_MORE if _is_stateful(layer) else None))


def _is_stateful(value: Any) -> bool:
    """Whether a layer is, or one inside it."""
    if isinstance(value, list):
        return any(map(_is_stateful, value))
    return isinstance(value, dict) and (value.get("stateful") is True or _is_stateful([*value.values()]))


RULES = (
    _layer("SimpleRNN", _CELL, _unwritten()),
    _layer("LSTM", f"{_CELL} {_GATED} unit_forget_bias"),
    _layer("GRU", f"{_CELL} {_GATED} reset_after"),
    Rule("SimpleRNNCell", same(_CELL)),
    Rule("LSTMCell", same(f"{_CELL} {_GATED} unit_forget_bias")),
    Rule("GRUCell", same(f"{_CELL} {_GATED} reset_after")),
    Rule(
        "StackedRNNCells",
        same("cells") + ignore("reverse_state_order", kind="structural", why=_REVERSED),
    ),
    *(_cell_wrapper(name, *why) for name, why in _CELL_WRAPPERS.items()),
    *(_convolutional(rank) for rank in (1, 2, 3)),
    _generic(),
    Rule(
        "Bidirectional",
        same("backward_layer merge_mode")
        + custom("layer", "a layer that goes backwards is given its counterpart", _both_ways)
        + _no_constants(),
        carries=frozenset({"time_major", "channels_first"}),
        decomposition="recurrent_call",
        source=keras3("layers/rnn/bidirectional.py"),
    ),
    Rule(
        "TimeDistributed",
        custom("layer", "same, of the wrapper's own dtype, and not stateful", _each_step),
        carries=frozenset({"channels_first"}),
        decomposition="time_distributed",
        source=keras2("layers/rnn/time_distributed.py", "compute_mask asks the wrapped layer"),
        quiet=(_MASK_OF_STEPS,),
    ),
)
