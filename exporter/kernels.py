"""Recurrent layers without the kernels of a GPU, which Keras 2.15 traces into every graph, gradients and all.

No worker sees a GPU, so nothing ever runs them; but they are most of what it takes to build or trace such a layer.
"""

from __future__ import annotations

from typing import Any


def leave_out_those_of_gpus() -> None:
    """Register no alternative for another device from now on; the function that is called stays the one for a CPU."""
    from keras.src.layers.rnn import gru_lstm_utils

    gru_lstm_utils.function_register = _unregistered


def _unregistered(*_: Any, **__: Any) -> None:
    pass
