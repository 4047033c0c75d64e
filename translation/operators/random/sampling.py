"""Functions that draw random numbers whenever the model runs, each composed of uniform numbers between 0 and 1.

The first argument of their functions is not `keras.ops` but the `NoiseSource` of the numbers. A seed is ignored: the
sequence is another one in any case, and `keras.utils.set_random_seed` fixes it.
"""

from __future__ import annotations

from typing import Any

from translation.operators.broadcast_add import add
from translation.operators.dtypes import cast
from translation.operators.operator import Build, Operator, defined_in, renamed
from translation.operators.random.noise_source import NoiseSource
from translation.operators.tensor_shapes import shape_of

_NORMAL_WITHIN_TWO = 0.9544997361036416  # erf(sqrt(2))


def _standard(source: NoiseSource, shape: Any, dtype: str) -> Any:
    from keras import ops

    return cast(ops, 2**0.5 * ops.erfinv(2 * source.uniform(shape) - 1), dtype)


def normal(source: NoiseSource, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: str | None = "float32") -> Any:
    return add(_standard(source, shape, dtype or "float32") * stddev, mean)


def _truncated(
    source: NoiseSource, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: str | None = "float32"
) -> Any:
    from keras import ops

    within = ops.erfinv((2 * source.uniform(shape) - 1) * _NORMAL_WITHIN_TWO)
    return add(cast(ops, 2**0.5 * within, dtype or "float32") * stddev, mean)


def _uniform(
    source: NoiseSource, shape: Any, minval: Any = 0, maxval: Any = None, dtype: str | None = "float32"
) -> Any:
    from keras import ops

    if "int" in (dtype or "float32"):
        if maxval is None:
            raise ValueError("random integers need maxval")
        return add(ops.cast(ops.floor(source.uniform(shape) * (maxval - minval)), dtype), minval)
    top = 1 if maxval is None else maxval
    return add(cast(ops, source.uniform(shape), dtype or "float32") * (top - minval), minval)


def _bernoulli(source: NoiseSource, shape: Any, p: Any = 0.0, dtype: str | None = None) -> Any:
    from keras import ops

    return ops.cast(ops.less_equal(source.uniform(shape), p), dtype or "float32")


def _categorical(source: NoiseSource, logits: Any, num_samples: int, dtype: str | None = None) -> Any:
    from keras import ops

    batch, classes = shape_of(logits)
    uniform = cast(ops, source.uniform([batch, num_samples, classes]), str(logits.dtype))
    moved = add(ops.expand_dims(logits, 1), -ops.log(-ops.log(uniform)))
    return ops.cast(ops.argmax(moved, axis=-1), dtype or "int64")


def dropped(source: NoiseSource, x: Any, rate: float, noise_shape: Any = None) -> Any:
    """The tensor with some numbers set to zero and the others scaled to keep the mean."""
    from keras import ops

    if not rate:
        return ops.copy(x)
    own = shape_of(x)
    shape = list(own) if noise_shape is None else _completed(noise_shape, own)
    keep = ops.greater_equal(cast(ops, source.uniform(shape), str(x.dtype)), rate)
    return ops.where(keep, x * (1 / (1 - rate)), ops.zeros_like(x))


def _completed(shape: Any, own: Any) -> list[Any]:
    return [size if fixed is None else fixed for fixed, size in zip(list(shape), own)]


def _old_dropout(source: NoiseSource, x: Any, keep_prob: Any = None, noise_shape: Any = None, rate: Any = None) -> Any:
    return dropped(source, x, 1 - keep_prob if rate is None else rate, noise_shape)


def _random(names: str, tensors: str, build: Build) -> Operator:
    return Operator(tuple(names.split()), frozenset(tensors.split()), build, draws=True)


_ARGUMENTS = "shape mean stddev dtype -seed"
_OF_RANGE = "shape minval maxval dtype -seed"

SOURCES = defined_in("ops/nn_ops ops/random_ops", keras="backend")
OPERATORS = (
    _random(
        "random.normal compat.v1.random.normal compat.v1.random_normal keras.backend.random_normal",
        "",
        renamed(normal, _ARGUMENTS),
    ),
    _random(
        "random.truncated_normal compat.v1.random.truncated_normal compat.v1.truncated_normal "
        "keras.backend.truncated_normal",
        "",
        renamed(_truncated, _ARGUMENTS),
    ),
    _random("random.uniform compat.v1.random.uniform compat.v1.random_uniform", "", renamed(_uniform, _OF_RANGE)),
    _random("keras.backend.random_uniform", "", renamed(_uniform, "shape minval:0.0 maxval:1.0 dtype -seed")),
    _random(
        "keras.backend.random_bernoulli keras.backend.random_binomial", "", renamed(_bernoulli, "shape p dtype -seed")
    ),
    _random("random.categorical", "logits", renamed(_categorical, "logits num_samples dtype -seed")),
    _random(
        "compat.v1.random.multinomial compat.v1.multinomial",
        "logits",
        renamed(_categorical, "logits num_samples -seed output_dtype=dtype"),
    ),
    _random("nn.dropout", "x", renamed(dropped, "x rate noise_shape -seed")),
    _random("compat.v1.nn.dropout", "x", renamed(_old_dropout, "x keep_prob noise_shape -seed rate")),
    _random("keras.backend.dropout", "x", renamed(dropped, "x level=rate noise_shape -seed")),
)
