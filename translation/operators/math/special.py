"""Special functions that Keras 3 does not have, composed of functions it has."""

from __future__ import annotations

import math
from typing import Any

from translation.operators.operator import FLOATS, defined_in, example, named, tensor

# The Lanczos approximation for g = 7, with the coefficients of XLA.
_G = 7.5
_FIRST = 0.99999999999980993227684700473478
_OTHERS = (
    676.520368121885098567009190444019,
    -1259.13921672240287047156078755283,
    771.3234287776530788486528258894,
    -176.61502916214059906584551354,
    12.507343278686904814458936853,
    -0.13857109526572011689554707,
    9.984369578019570859563e-6,
    1.50563273514931155834e-7,
)


def _lgamma(ops: Any, x: Any) -> Any:
    """The logarithm of the absolute value of gamma; by reflection below 1/2, infinite at its poles."""
    reflects = ops.less(x, 0.5)
    z = ops.where(reflects, ops.negative(x), ops.subtract(x, 1.0))
    total = ops.add(ops.zeros_like(z), _FIRST)
    for place, factor in enumerate(_OTHERS, 1):
        total = ops.add(total, ops.divide(factor, ops.add(z, float(place))))
    log_t = ops.add(ops.log1p(ops.divide(z, _G)), math.log(_G))
    share = ops.divide(ops.add(z, _G), log_t)
    above = ops.multiply(ops.subtract(ops.add(z, 0.5), share), log_t)
    above = ops.add(ops.add(above, ops.log(total)), 0.5 * math.log(2 * math.pi))
    result = ops.where(reflects, ops.subtract(ops.subtract(math.log(math.pi), _log_sine(ops, x)), above), above)
    return ops.where(ops.isinf(x), ops.abs(x), result)


def _log_sine(ops: Any, x: Any) -> Any:
    """Of pi times the distance to the nearest integer, because the sine of a large number loses its digits."""
    return ops.log(ops.sin(ops.multiply(ops.abs(ops.subtract(x, ops.round(x))), math.pi)))


SOURCES = defined_in("ops/gen_math_ops")
OPERATORS = (
    named(
        "math.lgamma compat.v1.lgamma",
        "x",
        _lgamma,
        example(tensor(3)),
        example(tensor(2, 4, domain="positive")),
        dtypes=FLOATS,
    ),
)
