"""Build recurrent layers without GPU kernels, which Keras 2.15 traces into every graph together with gradients.

Workers have no GPU, so these kernels never run, but they take most of the time of building or tracing such a layer.
"""

from __future__ import annotations


def use_cpu_kernels() -> None:
    """Make LSTM and GRU layers of this process use their CPU implementation instead of one chosen in the graph."""
    from keras.src.layers.rnn import gru, lstm

    lstm.lstm_with_backend_selection = lstm.standard_lstm
    gru.gru_with_backend_selection = gru.standard_gru
