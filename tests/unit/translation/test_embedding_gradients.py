"""Which embeddings get a penalty of zero, and what is told of them."""

from __future__ import annotations

from typing import Any

import pytest

from translation.keras2_to_3.embedding_gradients import CLIPPED, ROWS, WHOLE, with_whole_gradients
from translation.keras2_to_3.spec import Graph, Placed, Spec


def embedding(**config: Any) -> Spec:
    trainable = config.pop("trainable", True)
    return Spec("layers", "Embedding", {"input_dim": 5, **config}, "words", "words", trainable)


def model(item: Any, trainable: bool = True) -> Graph:
    return Graph("net", "", (Placed("words", "words", item, ()),), None, None, trainable=trainable)


def optimizer(name: str, module: str = "keras.optimizers", **config: Any) -> dict[str, Any]:
    return {"module": module, "class_name": name, "config": config}


def legacy(name: str, **config: Any) -> dict[str, Any]:
    return optimizer(name, "keras.optimizers.legacy", **config)


def penalty(graph: Graph) -> Any:
    item: Any = graph.layers[0].item
    found = item.config.get("embeddings_regularizer")
    return found.config if isinstance(found, Spec) else found


def told(item: Any, given: Any) -> list[str]:
    return [change.text for change in with_whole_gradients(model(item), given)[1]]


@pytest.mark.parametrize("given", ["adam", optimizer("RMSprop"), legacy("Adam"), optimizer("Nadam", clipnorm=None)])
def test_an_embedding_gets_a_penalty_of_zero(given: Any) -> None:
    made, changes = with_whole_gradients(model(embedding()), given)
    assert penalty(made) == {"l2": 0.0}
    assert [(change.layer, change.kind, change.text) for change in changes] == [("words", "structural", WHOLE)]


@pytest.mark.parametrize("given", ["sgd", "Lion", optimizer("SGD", momentum=0.9, clipnorm=1.0)])
def test_what_adds_gradients_up_needs_none(given: Any) -> None:
    graph = model(embedding())
    assert with_whole_gradients(graph, given) == (graph, [])


@pytest.mark.parametrize(
    "graph",
    [model(embedding(trainable=False)), model(embedding(), trainable=False), model(Spec("layers", "D", {}, ""))],
)
def test_what_is_not_trained_stays_as_it_is(graph: Graph) -> None:
    assert with_whole_gradients(graph, "adam") == (graph, [])


def test_a_penalty_of_the_users_is_kept() -> None:
    own = Spec("regularizers", "L1", {"l1": 0.1}, "words.embeddings_regularizer")
    graph = model(embedding(embeddings_regularizer=own))
    assert with_whole_gradients(graph, "adam") == (graph, [])


def test_an_embedding_is_found_in_models_and_wrappers() -> None:
    wrapper = Spec("layers", "TimeDistributed", {"layer": embedding()}, "each")
    made, changes = with_whole_gradients(model(model(wrapper)), "adam")
    inner: Any = made.layers[0].item.layers[0].item
    assert inner.config["layer"].config["embeddings_regularizer"].class_name == "L2"
    assert len(changes) == 1


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        (optimizer("Adam", clipvalue=0.5), [WHOLE, CLIPPED]),
        (legacy("SGD", momentum=0.5), [ROWS]),
        (legacy("SGD", momentum=0.0), []),
        (legacy("RMSprop", momentum=0.5), [WHOLE, ROWS]),
        (legacy("Ftrl", global_clipnorm=1.0), [WHOLE, ROWS, CLIPPED]),
        (optimizer("LossScaleOptimizerV3", inner_optimizer=legacy("Adamax")), [WHOLE, ROWS]),
    ],
)
def test_what_stays_different_is_told(given: Any, lines: list[str]) -> None:
    assert told(embedding(), given) == lines
