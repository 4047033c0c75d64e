"""Reasons for functions without an operator that are refused for more than not being written yet."""

from __future__ import annotations

from fnmatch import fnmatchcase

from interchange.user_files.replacements import way_out

# Names as in TensorFlow 2, with wildcards. The first line that matches a name counts.
_TEXT = "works on text, for which Keras 3 has no operations"
_FILES = "reads or writes images as files hold them, for which Keras 3 has no operations"
_PARTS = "takes or returns a sparse or ragged tensor, which keras.ops does not support"
_MANY = "returns a number of values that depends on its input, and Keras 3 needs to know every size but the batch's"
_COMPLEX = "computes with complex numbers, which keras.ops represents as two tensors"
_CHECKS = "stops the running model if a check fails, which no operation of keras.ops does"
_SPECIAL = "is a special function that Keras 3 does not have"
_PYTHON = "takes a Python function"
_STATE = "keeps state between calls, which only a layer can do in Keras 3"
_QUANTIZED = "computes with 8-bit quantized numbers"
_DRAWS = "draws random numbers from a distribution that is not supported yet"
REASONS = {
    "strings.* string_* as_string regex_replace substr reduce_join edit_distance io.*code_*": _TEXT,
    "image.decode_* image.encode_* image.*jpeg*": _FILES,
    "random.* random_* *.random_* *stateless_random* *truncated_normal multinomial": _DRAWS,
    "sparse.* sparse_* sets.* nn.*embedding_lookup_sparse keras.backend.to_dense": _PARTS,
    "ragged.* __operators__.ragged_getitem": _PARTS,
    "unique* setdiff1d dynamic_partition image.non_max_suppression*": _MANY,
    "complex math.imag to_complex* linalg.eig eig linalg.eigvals eigvals signal.*fft*": _COMPLEX,
    "debugging.* assert_* check_numerics verify_tensor_all_finite": _CHECKS,
    "math.special.* math.bessel_* math.igamma* math.digamma math.polygamma": _SPECIAL,
    "math.lbeta math.betainc math.zeta math.ndtri math.erfcinv": _SPECIAL,
    "nn.*rnn keras.backend.rnn keras.backend.fold* keras.backend.map_fn": _PYTHON,
    "keras.backend.variable keras.backend.*_variable keras.backend.update* keras.backend.moving_*": _STATE,
    "quantization.* nn.quantized_*": _QUANTIZED,
}
_PATTERNS = [(pattern, reason) for patterns, reason in REASONS.items() for pattern in patterns.split()]
_BEHIND = (
    "Save the model that begins behind it, as `keras.Model(model.get_layer({!r}).output, model.outputs)` does, and "
    "compute beforehand what that takes."
)


def reason(name: str) -> str:
    """Why there is no operator for the function `name`."""
    bare = name.removeprefix("compat.v1.")
    reasons = (why for pattern, why in _PATTERNS if fnmatchcase(bare, pattern))
    return next(reasons, "has no counterpart yet")


def way_out_of(name: str, layer: str) -> str | None:
    """What the user can do about a refused function in the layer of this path; keras.ops has none on text."""
    if reason(name) not in (_TEXT, _FILES):
        return way_out(layer)
    return None if "/" in layer else _BEHIND.format(layer)
