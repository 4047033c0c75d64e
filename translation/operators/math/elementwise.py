"""Functions of one number, applied to every element of a tensor."""

from __future__ import annotations

from typing import Any

from translation.operators.dtypes import like
from translation.operators.operator import FLOATS, Operator, defined_in, example, named, same, tensor

_NUMBERS = "float32 int32"
_TWO = example(tensor(3)), example(tensor(2, 4))


def _of_one(names: str, operation: str, dtypes: str = FLOATS, domain: str | None = None) -> Operator:
    examples = example(tensor(3, domain=domain)), example(tensor(2, 4, domain=domain))
    return same(names, "x", operation, *examples, dtypes=dtypes)


def _root_of_positive(ops: Any, x: Any) -> Any:
    return ops.sqrt(ops.maximum(x, 0))


def _reciprocal_no_nan(ops: Any, x: Any) -> Any:
    return ops.divide_no_nan(ops.ones_like(x), x)


def _zero_fraction(ops: Any, value: Any) -> Any:
    return ops.mean(ops.cast(ops.equal(value, 0), "float32"))


SOURCES = defined_in("ops/gen_math_ops ops/gen_nn_ops ops/math_ops ops/nn_impl ops/special_math_ops", keras="backend")
OPERATORS = (
    _of_one("math.abs abs keras.backend.abs", "abs", _NUMBERS),
    _of_one("math.negative negative", "negative", _NUMBERS),
    _of_one("math.sign sign keras.backend.sign", "sign", _NUMBERS),
    _of_one("math.square square keras.backend.square", "square", _NUMBERS),
    named(
        "math.reciprocal compat.v1.reciprocal",
        "x",
        lambda ops, x: like(ops, ops.reciprocal(x), x),
        *(example(tensor(*shape, domain="positive")) for shape in ((3,), (2, 4))),
        dtypes="float32 float64 float16",
    ),
    named("math.reciprocal_no_nan", "x", _reciprocal_no_nan, *_TWO, dtypes=FLOATS),
    _of_one("math.ceil compat.v1.ceil", "ceil"),
    _of_one("math.floor floor", "floor"),
    _of_one("math.round round keras.backend.round", "round", _NUMBERS),
    _of_one("math.rint compat.v1.rint", "round"),
    _of_one("math.exp exp keras.backend.exp", "exp"),
    _of_one("math.expm1 compat.v1.expm1", "expm1"),
    _of_one("math.log compat.v1.log keras.backend.log", "log", domain="positive"),
    _of_one("math.log1p compat.v1.log1p", "log1p", domain="positive"),
    _of_one("math.sqrt sqrt", "sqrt", domain="positive"),
    named("keras.backend.sqrt", "x", _root_of_positive, *_TWO, dtypes=FLOATS),
    _of_one("math.rsqrt compat.v1.rsqrt", "rsqrt", domain="positive"),
    _of_one("math.sin sin keras.backend.sin", "sin"),
    _of_one("math.cos cos keras.backend.cos", "cos"),
    _of_one("math.tan tan", "tan"),
    _of_one("math.asin asin", "arcsin", domain="unit"),
    _of_one("math.acos acos", "arccos", domain="unit"),
    _of_one("math.atan atan", "arctan"),
    _of_one("math.sinh sinh", "sinh", domain="unit"),
    _of_one("math.cosh cosh", "cosh", domain="unit"),
    _of_one("math.tanh nn.tanh tanh keras.backend.tanh", "tanh"),
    _of_one("math.asinh asinh", "arcsinh"),
    same("math.acosh acosh", "x", "arccosh", _TWO[0], example(tensor(2, 4, domain="positive")), dtypes=FLOATS),
    _of_one("math.atanh atanh", "arctanh", domain="unit"),
    _of_one("math.erf compat.v1.erf", "erf"),
    _of_one("math.erfc compat.v1.erfc", "erfc"),
    _of_one("math.erfinv", "erfinv", domain="unit"),
    _of_one("math.bessel_i0 math.special.bessel_i0", "i0", domain="unit"),
    _of_one("math.sigmoid nn.sigmoid sigmoid keras.backend.sigmoid", "sigmoid"),
    _of_one("math.log_sigmoid compat.v1.log_sigmoid", "log_sigmoid"),
    same("math.softplus nn.softplus", "features", "softplus", *_TWO, dtypes=FLOATS),
    same("nn.softsign math.softsign", "features", "softsign", *_TWO, dtypes=FLOATS),
    _of_one("keras.backend.softplus", "softplus"),
    _of_one("keras.backend.softsign", "softsign"),
    same("math.real compat.v1.real", "input", "real", *_TWO, dtypes=FLOATS),
    same("math.angle compat.v1.angle", "input", "angle", *_TWO, dtypes=FLOATS),
    _of_one("math.conj compat.v1.conj", "conj", FLOATS),
    named("math.zero_fraction nn.zero_fraction", "value", _zero_fraction, *_TWO),
)
