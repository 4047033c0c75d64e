"""MultiHeadAttention under masks: Keras 2 adds a large negative number to the scores, Keras 3 may make rows zero.

Keras 3 also takes the masks off the tensors it is called on, so that layers after it miss them, attends along other
axes than it is told, and states a wrong shape for the scores of two sequences. Its own layer is called wherever
nothing of that matters; elsewhere attention is written out with the layer's own projections.
"""

from __future__ import annotations

import math
import string
from typing import Any

from importer.decompositions.calls import Invocation, Proceed
from importer.decompositions.calls.masked_softmax import penalised
from importer.masks import all_of, attach, mask_of, strip

_TOLD = "written out as four EinsumDense and operations, because Keras 3's own layer "


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """One call on a query, with value, key and attention_mask by name."""
    layer, query = invocation.layer, invocation.inputs
    masked = any(mask is not None for mask in [invocation.kwargs.get("attention_mask"), *_carried(invocation)])
    obstacle = _obstacle(invocation, masked)
    # Projections belong either to the layer or to the model, so every call is computed as the first one.
    if _is_written_out(layer) or (obstacle and not layer.built):
        if obstacle:
            invocation.tell("semantic", _TOLD + obstacle)
        outputs = _written_out(invocation)
    elif masked:
        outputs = proceed(_with_one_mask(invocation))
    else:
        return proceed(invocation)
    return outputs if mask_of(query) is None else _handing_on(outputs, mask_of(query), layer.name)


def _carried(invocation: Invocation) -> list[Any]:
    kwargs = invocation.kwargs
    return [mask_of(tensor) for tensor in (invocation.inputs, kwargs["value"], kwargs.get("key"))]


def _obstacle(invocation: Invocation, masked: bool) -> str | None:
    """Why Keras 3's own layer must not compute this call; None if it may."""
    layer, kwargs, rank = invocation.layer, invocation.kwargs, len(invocation.inputs.shape)
    returns_scores = kwargs.get("return_attention_scores", False)
    if rank == 3 and tuple(layer.attention_axes or (1,)) != (1,):
        return "ignores attention_axes for sequences"
    if returns_scores and (rank > 3 or invocation.inputs.shape[1] != kwargs["value"].shape[1]):
        return "states a wrong shape for the scores"
    if rank == 3 and layer.value_dim != layer.key_dim and not (layer.dropout or returns_scores):
        return "takes values of another size than its keys not under JAX"
    # Without dropout and scores, sequences take a way through Keras 3 that leaves masked rows uniform. Uniform is
    # what Keras 2 makes of the small scores of padding; under a mask of the user's own, scores may have any size.
    has_mask = kwargs.get("attention_mask") is not None
    if masked and (has_mask or returns_scores or layer.dropout or rank > 3):
        return "makes rows zero where everything is masked"
    return None


def _with_one_mask(invocation: Invocation) -> Invocation:
    """The call on tensors without masks, with all masks joined in attention_mask."""
    others = {key: strip(value) for key, value in invocation.kwargs.items() if key in ("value", "key")}
    mask = _joined_mask(invocation)
    return invocation.on(strip(invocation.inputs), **others, attention_mask=mask, use_causal_mask=None)


def _joined_mask(invocation: Invocation) -> Any:
    """Which query sees which value, as (batch, queries, values), or the attention_mask of the call; None if all do."""
    from keras import ops

    layer, kwargs, query = invocation.layer, invocation.kwargs, invocation.inputs
    of_query, *columns = _carried(invocation)
    # Keras 2 casts the query to the layer's dtype, and no mask survives a cast.
    rows = [of_query] if query.dtype == layer.compute_dtype else []
    masks = [ops.expand_dims(ops.cast(mask, "bool"), -1) for mask in rows if mask is not None]
    masks += [ops.expand_dims(ops.cast(mask, "bool"), -2) for mask in columns if mask is not None]
    if kwargs.get("use_causal_mask"):
        masks.append(_causal(query, kwargs["value"]))
    attention_mask = kwargs.get("attention_mask")
    if not masks or attention_mask is None:
        return all_of(masks) if masks else attention_mask
    return all_of([ops.cast(attention_mask, "bool"), *masks])


def _causal(query: Any, value: Any) -> Any:
    """True where a value is not later than the query; positions are summed, because lengths may be unknown."""
    from keras import ops

    return ops.greater_equal(ops.expand_dims(_positions(query), -1), ops.expand_dims(_positions(value), -2))


def _positions(tensor: Any) -> Any:
    from keras import ops

    first = strip(tensor)[(slice(None), slice(None), *(0 for _ in tensor.shape[2:]))]
    return ops.cumsum(ops.ones_like(first, dtype="int32"), axis=1)


def _handing_on(outputs: Any, mask: Any, name: str) -> Any:
    """The outputs with the mask of the query on the values, never on the scores."""
    if isinstance(outputs, (list, tuple)):
        return attach(outputs[0], mask, name), *outputs[1:]
    return attach(outputs, mask, name)


def _is_written_out(layer: Any) -> bool:
    """Whether the layer has its weights but was never called itself."""
    return layer.built and not layer._inbound_nodes


def _written_out(invocation: Invocation) -> Any:
    """Keras 2's computation, with the projections of Keras 3's layer."""
    layer, kwargs = invocation.layer, invocation.kwargs
    query, value = strip(invocation.inputs), strip(kwargs["value"])
    key = value if kwargs.get("key") is None else strip(kwargs["key"])
    _build(layer, query, value, key)
    seen = layer.query_dense(query), layer.key_dense(key), layer.value_dense(value)
    outputs, scores = _attend(layer, *seen, _joined_mask(invocation))
    outputs = layer.output_dense(outputs)
    return (outputs, scores) if kwargs.get("return_attention_scores") else outputs


def _build(layer: Any, query: Any, value: Any, key: Any) -> None:
    """Build the projections, which become layers of the model."""
    if layer.built:
        return
    layer.build(query.shape, value.shape, key.shape)
    for projection in (layer.query_dense, layer.key_dense, layer.value_dense, layer.output_dense):
        projection.name = f"{layer.name}_{projection.name}"
        projection.trainable = layer.trainable


def _attend(layer: Any, query: Any, key: Any, value: Any, mask: Any) -> tuple[Any, Any]:
    """Values weighted by scores, and the scores, of projected tensors."""
    import keras

    axes = tuple(layer.attention_axes)
    to_scores, to_outputs = _equations(len(query.shape), axes)
    query = keras.ops.multiply(query, 1.0 / math.sqrt(layer.key_dim))
    scores = keras.ops.einsum(to_scores, key, query)
    if mask is not None:
        for _ in range(len(scores.shape) - len(mask.shape)):
            mask = keras.ops.expand_dims(mask, -2 * len(axes) - 1)
        scores = penalised(scores, mask)
    scores = _softmax(scores, len(axes))
    weights = scores
    if layer.dropout:
        name = f"{layer.name}_dropout"
        weights = keras.layers.Dropout(layer.dropout, seed=layer.seed, dtype=layer.dtype_policy, name=name)(scores)
    return keras.ops.einsum(to_outputs, weights, value), scores


def _equations(rank: int, axes: tuple[int, ...]) -> tuple[str, str]:
    """From keys and queries to scores, and from scores and values to outputs; all but scores have `rank` axes."""
    queries = string.ascii_lowercase[:rank]
    fresh = iter(string.ascii_lowercase[rank:])
    values = "".join(next(fresh) if axis in axes else queries[axis] for axis in range(rank))
    batch = "".join(queries[axis] for axis in range(rank - 1) if axis not in axes)
    scores = batch + "".join(queries[axis] for axis in axes) + "".join(values[axis] for axis in axes)
    return f"{values},{queries}->{scores}", f"{scores},{values}->{queries}"


def _softmax(scores: Any, count: int) -> Any:
    """Softmax over the last `count` axes; over several, Keras 2 gives ones where everything is masked."""
    from keras import ops

    if count == 1:
        return ops.softmax(scores, axis=-1)
    last = tuple(range(-count, 0))
    return ops.exp(ops.subtract(scores, ops.logsumexp(scores, axis=last, keepdims=True)))
