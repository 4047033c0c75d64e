"""`keras.optimizers`: how the weights move along their gradients."""

from __future__ import annotations

from typing import Any

from translation.evidence import Config, SilentChange, keras3
from translation.verbs import Decision, Rule, Verb, custom, forget, respell, same

KIND = "optimizers"

_GENERATION = "it says which of the two generations of Keras 2 wrote the config"
_IN_COMPILE = "Keras 3 compiles the whole step, as `jit_compile` of `compile` says"
_CLIPPING = "clipnorm clipvalue global_clipnorm"
_TWICE = SilentChange(
    before="adds up the gradients of an id that a batch has twice, and squares the sum",
    after="under TensorFlow, squares each of them and adds up the squares",
    difference="the loss of an Embedding, after four steps of Adam: **0.074** → **0.098**",
    answer="an L2 penalty of 0 on the embedding: its gradient is then a whole matrix, in which they are added up",
    measure="id_twice",
)
_AVERAGED = SilentChange(
    before="with `use_ema`, the average begins with the weights before the first step",
    after="it begins with those after it",
    difference="the average after a first step from 1 to 0: **0.99** → **0.00**",
    answer="the average is kept; where the state of the optimizer is not, the report says so",
    measure="first_average",
)
_LION = SilentChange(
    before="the learning rate is 1e-4 by default",
    after="it is 1e-3",
    difference="**0.0001** → **0.0010**",
    answer="always written out",
    measure="lion",
)
_NADAM = SilentChange(
    before="within `fit`, the product of its momentum schedule advances with every variable",
    after="it advances with every step",
    difference="the loss of a Dense after three steps: **0.427** → **0.424**",
    answer="kept as Keras 3 has it, and the report says so",
    measure="nadam",
)


def number(value: Any) -> Any:
    """A learning rate as Keras 3 takes it: a whole number is not one, and a schedule stays as it is."""
    return float(value) if isinstance(value, (int, float)) else value


def or_default(value: Any) -> Any:
    """An epsilon, for which None is what `keras.backend.epsilon()` is unless it was set."""
    return 1e-7 if value is None else value


def _compiled(config: Config) -> Decision:
    told = ("structural", f"jit_compile=True dropped: {_IN_COMPILE}") if config["jit_compile"] else None
    return Decision(change=told)


LEARNING_RATE = respell("learning_rate", number, "a float")
EPSILON = respell("epsilon", or_default, "`None` is 1e-7")
_EVERY: tuple[Verb, ...] = (
    *LEARNING_RATE,
    *same(f"name weight_decay {_CLIPPING} use_ema ema_momentum ema_overwrite_frequency"),
    *custom("jit_compile", f"dropped ({_IN_COMPILE})", _compiled),
    *forget("is_legacy_optimizer", why=_GENERATION),
)


def _scale(config: Config) -> Decision:
    if config["dynamic"]:
        return Decision()
    text = "dynamic=False: the inner optimizer has initial_scale as its loss_scale_factor"
    return Decision({"dynamic": False}, ("structural", text))


def _loss_scale(name: str) -> Rule:
    return Rule(
        name,
        same("inner_optimizer initial_scale")
        + respell("dynamic_growth_steps", lambda steps: 2000 if steps is None else steps, "`None` is 2000")
        + custom("dynamic", "`False` becomes `loss_scale_factor` of the inner optimizer", _scale),
        becomes="LossScaleOptimizer" if name.endswith("V3") else None,
        source=keras3("optimizers/loss_scale_optimizer.py"),
    )


def _rule(name: str, *verbs: Verb, quiet: tuple[SilentChange, ...] = (_TWICE,), **others: Any) -> Rule:
    source = keras3(f"optimizers/{name.lower()}.py")
    return Rule(name, (*_EVERY, *verbs), source=source, quiet=(*quiet, _AVERAGED), **others)


_WITH_EVERY_WEIGHT = (
    "the schedule of the momentum goes on with every step, and not with every weight as in Keras 2 once a model was "
    "opened: in six steps of a test the weights came 8 % less or more far"
)
_MOMENTUM = respell("momentum", number, "a float")

RULES = (
    _rule("Adadelta", *same("rho"), *EPSILON),
    _rule("Adafactor", *same("beta_2_decay epsilon_1 epsilon_2 clip_threshold relative_step")),
    _rule("Adagrad", *same("initial_accumulator_value"), *EPSILON),
    _rule("Adam", *same("beta_1 beta_2 amsgrad"), *EPSILON),
    _rule("AdamW", *same("beta_1 beta_2 amsgrad"), *EPSILON),
    _rule("Adamax", *same("beta_1 beta_2"), *EPSILON),
    _rule(
        "Ftrl",
        *same("learning_rate_power initial_accumulator_value l1_regularization_strength l2_regularization_strength"),
        *same("l2_shrinkage_regularization_strength beta"),
    ),
    _rule("Lion", *same("beta_1 beta_2"), sets={"learning_rate": 1e-4}, quiet=(_LION,)),
    _loss_scale("LossScaleOptimizer"),
    _loss_scale("LossScaleOptimizerV3"),
    _rule("Nadam", *same("beta_1 beta_2"), *EPSILON, otherwise=_WITH_EVERY_WEIGHT, quiet=(_TWICE, _NADAM)),
    _rule("RMSprop", *same("rho centered"), *_MOMENTUM, *EPSILON),
    _rule("SGD", *same("nesterov"), *_MOMENTUM, quiet=()),
    Rule(
        "Optimizer",
        _EVERY,
        refused="a base class, which moves nothing",
        instead="use a concrete optimizer, and save the model again",
    ),
)
