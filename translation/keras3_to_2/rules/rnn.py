"""`keras.layers`, rnn: recurrent layers, their cells, and the wrappers around them."""

from __future__ import annotations

from translation.keras3_to_2.verbs import BackRule, kept, left_out, only

KIND = "layers"

_CPU = "with channels first, it cannot run on a CPU"
_LAST = "build the model with channels last, put Permute around the layer, copy the weights, and save that"
_CHOICE = "it chooses how the same is computed"

RULES = (
    *(BackRule(name, left_out("use_cudnn", why=_CHOICE), calls=("recurrent",)) for name in ("LSTM", "GRU")),
    BackRule("SimpleRNN", kept("activity_regularizer"), calls=("recurrent",)),
    BackRule("RNN", calls=("recurrent",)),
    *(
        BackRule(
            f"ConvLSTM{rank}D",
            only("data_format", "channels_last", None, why=_CPU, unblock=_LAST)
            + left_out("seed", why="Keras 2.15 draws without one", kind="training-only"),
            calls=("recurrent",),
        )
        for rank in (1, 2, 3)
    ),
    BackRule("Bidirectional", kept("layer"), calls=("recurrent",)),
    BackRule("TimeDistributed", kept("layer")),
)
