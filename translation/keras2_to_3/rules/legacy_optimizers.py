"""`keras.optimizers.legacy`: the optimizers of all files before Keras 2.11; Keras 3 has only their successors."""

from __future__ import annotations

from collections.abc import Mapping

from translation.evidence import Config, SilentChange, keras2
from translation.keras2_to_3.rules.optimizers import EPSILON, number
from translation.verbs import Decision, Rule, Verb, custom, rename, respell, same

KIND = "legacy_optimizers"

_ONE = "Keras 3 clips in one way: by clipnorm, by clipvalue or by global_clipnorm"
_CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")
_DECAY = SilentChange(
    before="the learning rate is divided by 1 + `decay` times the steps",
    after="ignores `decay`, with a warning",
    difference="1 after three steps along a slope of 1, at a rate of 0.1 and a decay of 1: **0.82** → **0.70**",
    answer="an InverseTimeDecay, which has the same rate at each step",
    measure="decay",
)
_OUTSIDE = SilentChange(
    before="`epsilon` is added to the root of the mean square",
    after="it is added below the root",
    difference="the first step of RMSprop along a slope of 1e-4, at a rate of 0.001: **0.00315** → **0.00031**",
    answer="the square of `epsilon` below the root, which is the nearest there is, and the report says so",
    measure="epsilon_of_a_root",
)
_SCHEDULED = SilentChange(
    before="the momentum follows 0.96 ** (0.004 t) in step t",
    after="it follows 0.96 ** t",
    difference="1 after nine steps along slopes of 1 and -1 by turns, at a rate of 0.1: **0.893** → **0.896**",
    answer="kept as Keras 3 has it, and the report says so",
    measure="schedule_of_nadam",
)
_BY_ROWS = SilentChange(
    before="moves the rows of those ids of an Embedding that a batch has; SGD and RMSprop do so with a momentum",
    after="moves all rows",
    difference="a row that is in the first of two batches, by momentum: **0.9** → **0.81**",
    answer="kept as Keras 3 has it, and the report says so",
    measure="rows_of_a_batch",
)


def _learning_rate(key: str) -> Verb:
    def decide(config: Config) -> Decision:
        rate, decay = config[key], config.get("decay")
        if not decay or isinstance(rate, Mapping):
            return Decision({"learning_rate": number(rate)})
        config = {"initial_learning_rate": number(rate), "decay_steps": 1, "decay_rate": number(decay)}
        schedule = {"module": "keras.optimizers.schedules", "class_name": "InverseTimeDecay", "config": config}
        return Decision({"learning_rate": schedule})

    return custom(key, "a float, or with a `decay` an InverseTimeDecay", decide)[0]


def _decay(config: Config) -> Decision:
    decay = config["decay"]
    if not decay:
        return Decision()
    if isinstance(config.get("learning_rate", config.get("lr")), Mapping):
        return Decision(refusal="Keras 3 has no learning rate with both a schedule and a decay")
    text = f"decay={decay!r} is an InverseTimeDecay: the learning rate is the same at each step, but cannot be set"
    return Decision(change=("structural", text))


def _clipped(key: str) -> Verb:
    def decide(config: Config) -> Decision:
        given = [each for each in _CLIPPING if config.get(each) is not None]
        if len(given) > 1:
            return Decision(refusal=f"{' and '.join(given)} together: {_ONE}")
        return Decision({key: config[key]})

    return custom(key, "at most one of the three", decide)[0]


def _outside(config: Config) -> Decision:
    """The nearest that Keras 3 has to sqrt(v) + e is sqrt(v + e * e): both are e at 0 and sqrt(v) far from it."""
    epsilon = 1e-7 if config["epsilon"] is None else config["epsilon"]
    text = (
        f"epsilon={epsilon:g} was added to a root, and Keras 3 adds below it, {epsilon**2:g}: steps are 41 % longer "
        "where gradients are as small as epsilon, and 0.1 % where they are a thousand times as large"
    )
    return Decision({"epsilon": epsilon**2}, ("training-only", text))


def _of_rmsprop(config: Config) -> Decision:
    """With a momentum TensorFlow's kernel computes, and that adds below the root."""
    if config.get("momentum"):
        return EPSILON[0].decide(config)
    return _outside(config)


_EVERY = (
    *same("name"),
    _learning_rate("learning_rate"),
    _learning_rate("lr"),
    *custom("decay", "becomes an InverseTimeDecay", _decay),
    *(_clipped(key) for key in _CLIPPING),
)
_MOMENTUM = respell("momentum", number, "a float")


def _momentum_schedule(config: Config) -> Decision:
    """In Nadam the decay is that of its momentum; 1 is the only one that Keras 3 has."""
    decay = config["decay"]
    text = f"the momentum follows 0.96 ** ({decay!r} t) in step t; Keras 3 has 0.96 ** t"
    return Decision(change=None if decay == 1 else ("training-only", text))


def _of_nadam() -> Rule:
    decay = custom("decay", "dropped (Keras 3 has 1)", _momentum_schedule)
    verbs = [verb for verb in _EVERY if verb.key not in ("decay", "learning_rate", "lr")]
    rates = (*respell("learning_rate", number, "a float"), *rename("lr", "learning_rate", number))
    return Rule(
        "Nadam",
        (*verbs, *rates, *decay, *same("beta_1 beta_2"), *EPSILON),
        source=keras2("optimizers/legacy/nadam.py", "the decay is that of the momentum"),
        quiet=(_SCHEDULED,),
    )


def _rule(name: str, *verbs: Verb, module: str = "", quiet: tuple[SilentChange, ...] = ()) -> Rule:
    source = keras2(f"optimizers/legacy/{module or name.lower()}.py")
    return Rule(name, (*_EVERY, *verbs), source=source, quiet=(_DECAY, *quiet))


RULES = (
    _rule("Adadelta", *same("rho"), *EPSILON, quiet=(_BY_ROWS,)),
    _rule(
        "Adagrad",
        *same("initial_accumulator_value"),
        *custom("epsilon", "its square, below the root", _outside),
        quiet=(_OUTSIDE,),
    ),
    _rule("Adam", *same("beta_1 beta_2 amsgrad"), *EPSILON),
    _rule("Adamax", *same("beta_1 beta_2"), *EPSILON, quiet=(_BY_ROWS,)),
    _rule(
        "Ftrl",
        *same("learning_rate_power initial_accumulator_value l1_regularization_strength l2_regularization_strength"),
        *same("l2_shrinkage_regularization_strength beta"),
        quiet=(_BY_ROWS,),
    ),
    _of_nadam(),
    _rule(
        "RMSprop",
        *same("rho centered"),
        *_MOMENTUM,
        *custom("epsilon", "its square, below the root, unless there is a momentum", _of_rmsprop),
        quiet=(_OUTSIDE, _BY_ROWS),
    ),
    _rule("SGD", *same("nesterov"), *_MOMENTUM, module="gradient_descent", quiet=(_BY_ROWS,)),
    Rule(
        "Optimizer",
        _EVERY,
        refused="a base class, which moves nothing",
        instead="use a concrete optimizer, and save the model again",
    ),
)
