"""Sums of products of tensors, given by an equation of letters.

`tf.einsum` cannot stand in a model that Keras 2.15 saves: of its arguments the file keeps the equation alone. A sum of
products is written as products of matrices.
"""

from __future__ import annotations

import math
import string
from collections.abc import Mapping, Sequence
from typing import Any

from translation.keras3_to_2.operations.constants import Constant
from translation.keras3_to_2.operations.dtypes import cast, result_type, strong
from translation.keras3_to_2.operations.families.products import product, tensors
from translation.keras3_to_2.operations.families.shapes import transposed
from translation.keras3_to_2.operations.operation import UnsupportedError, named, rank, sizes
from translation.operators.operator import example, tensor

_LETTERS = string.ascii_letters


def _einsum(tf: Any, *operands: Any, subscripts: str) -> Any:
    terms, result = _terms(subscripts, [len(each.shape) for each in operands])
    kinds = {strong(each) for each in operands}
    dtype = "int32" if kinds == {"int8"} else result_type(*kinds)
    values = tensors(tf, *operands, dtype=result_type(dtype, "float"))
    while len(values) > 1:
        kept = "".join(dict.fromkeys(letter for letter in "".join([*terms[2:], result])))
        term, value = contracted(tf, values[:2], terms[:2], kept)
        values, terms = [value, *values[2:]], [term, *terms[2:]]
    return cast(tf, _ordered(tf, *_without(tf, values[0], terms[0], result), result), dtype)


def _terms(subscripts: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """The letters of each operand and of the result, with letters for an ellipsis."""
    given, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = given.split(",")
    if len(terms) != len(ranks):
        raise UnsupportedError(f"the equation {subscripts} is of {len(terms)} operands, not {len(ranks)}")
    if not arrow:
        single = sorted(letter for letter in set(given) - {",", "."} if given.count(letter) == 1)
        result = ("..." if "..." in given else "") + "".join(single)
    free = [letter for letter in _LETTERS if letter not in subscripts]
    axes = [count - len(term.replace("...", "")) for term, count in zip(terms, ranks) if "..." in term]
    widest = "".join(free[: max(axes, default=0)])
    terms = [_spelled(term, widest, count) for term, count in zip(terms, ranks)]
    return terms, result.replace("...", widest)


def _spelled(term: str, widest: str, count: int) -> str:
    own = count - len(term.replace("...", ""))
    return term.replace("...", widest[len(widest) - own :] if own else "")


def contracted(tf: Any, values: Sequence[Any], terms: Sequence[str], kept: str) -> tuple[str, Any]:
    """Two tensors multiplied, and summed over the letters that are not kept: the letters of the result, and it."""
    (x, a), (y, b) = (_without(tf, v, t, kept + o) for v, t, o in zip(values, terms, reversed(terms)))
    batch = [letter for letter in a if letter in b and letter in kept]
    summed = [letter for letter in a if letter in b and letter not in kept]
    left, right = ([letter for letter in own if letter not in other] for own, other in ((a, b), (b, a)))
    size = dict(zip(b, sizes(tf, y)))
    size.update({k: v for k, v in zip(a, sizes(tf, x)) if not isinstance(size.get(k), int) or size[k] == 1})
    x = _as_matrices(tf, _ordered(tf, x, a, [*batch, *left, *summed]), batch, left, summed)
    y = _as_matrices(tf, _ordered(tf, y, b, [*batch, *summed, *right]), batch, summed, right)
    shape = [size[letter] for letter in (*batch, *left, *right)]
    found = product(tf, x, y) if batch or rank(x) == rank(y) == 2 else tf.tensordot(x, y, axes=1)
    return "".join([*batch, *left, *right]), _shaped(tf, found, shape, plain=len(left) == len(right) == 1)


def _as_matrices(tf: Any, x: Any, batch: Sequence[str], rows: Sequence[str], columns: Sequence[str]) -> Any:
    """A tensor with one axis for several, behind those of the batch."""
    if len(rows) == len(columns) == 1:
        return x
    size, first, second = sizes(tf, x), len(batch), len(batch) + len(rows)
    return tf.reshape(x, _with_one_unknown([*size[:first], _times(tf, size[first:second]), _times(tf, size[second:])]))


def _times(tf: Any, size: Sequence[Any]) -> Any:
    """The product of sizes, of which some are known only when the model runs."""
    known = math.prod(each for each in size if isinstance(each, int))
    for each in (each for each in size if not isinstance(each, int)):
        known = each if isinstance(known, int) and known == 1 else tf.multiply(each, known)
    return known


def _with_one_unknown(size: Sequence[Any]) -> list[Any]:
    """Sizes with -1 in place of one that is not known, if it is the only one."""
    unknown = [index for index, each in enumerate(size) if not isinstance(each, int)]
    return [-1 if unknown == [index] else each for index, each in enumerate(size)]


def _shaped(tf: Any, x: Any, shape: Sequence[Any], *, plain: bool) -> Any:
    return x if plain else tf.reshape(x, _with_one_unknown(shape))


def _without(tf: Any, x: Any, term: str, kept: str) -> tuple[Any, str]:
    """A tensor summed over its letters that nothing else needs; of a repeated letter the diagonal is taken."""
    for letter in [letter for letter in dict.fromkeys(term) if term.count(letter) > 1]:
        first, second = (index for index, each in enumerate(term) if each == letter)
        rest = [index for index in range(len(term)) if index not in (first, second)]
        x = tf.linalg.diag_part(transposed(tf, x, [*rest, first, second]))
        term = "".join([*(term[index] for index in rest), letter])
    lost = [index for index, letter in enumerate(term) if letter not in kept]
    x = tf.reduce_sum(x, axis=lost) if lost else x
    return x, "".join(letter for letter in term if letter in kept)


def _ordered(tf: Any, x: Any, term: str, order: Sequence[str]) -> Any:
    return transposed(tf, x, [term.index(letter) for letter in order])


def _not_written(arguments: Mapping[str, Any]) -> str | None:
    terms, _ = _terms(arguments["subscripts"], [len(each.shape) for each in arguments["operands"]])
    if any(term.count(letter) > 2 for term in terms for letter in term):
        return "a letter stands more than twice in one operand"
    return None


_EQUATIONS = "bij,bkj->bik bij,bjk->bik bij,bik->b bij,bkl->bijkl bij,bij->bij bij,bjk->ki bij,bij"
OPERATIONS = (
    named(
        "Einsum",
        _einsum,
        *(example(tensor(3, 3), tensor(3, 3), subscripts=each) for each in _EQUATIONS.split()),
        example(tensor(2, 3, 4), tensor(5, 3, 4), subscripts="abcd,aecd->aecb"),
        example(tensor(2, 3, 4), Constant([[[1.0, 2.0]] * 4] * 3, "float32"), subscripts="abcd,cde->abe"),
        example(tensor(3, 4), tensor(4, 2), subscripts="...ij,...jk->...ik"),
        example(tensor(3, 4), subscripts="bij->bji"),
        example(tensor(3, 3), subscripts="bii->bi"),
        example(tensor(3, 4), subscripts="bij->b"),
        example(tensor(3), tensor(3), tensor(2), subscripts="bi,bi,bj->bj"),
        dtypes="float32 int32",
        refuse=_not_written,
    ),
)
