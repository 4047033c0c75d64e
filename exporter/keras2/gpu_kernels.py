"""Recurrent layers without the kernels of a GPU, which Keras 2.15 traces into every graph, gradients and all.

No worker sees a GPU, so nothing ever runs them; but they are most of what it takes to build or trace such a layer.
"""

from __future__ import annotations


def leave_out_those_of_gpus() -> None:
    """From now on a recurrent layer in a graph is what it is on a CPU, and not a choice that TensorFlow makes later."""
    from keras.src.layers.rnn import gru, lstm

    lstm.lstm_with_backend_selection = lstm.standard_lstm
    gru.gru_with_backend_selection = gru.standard_gru
