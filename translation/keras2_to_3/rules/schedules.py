"""`keras.optimizers.schedules`: learning rates that follow the number of steps."""

from __future__ import annotations

from translation.evidence import Config
from translation.verbs import Decision, Rule, custom, same

KIND = "optimizers.schedules"

_GONE = "Keras 3 has no such schedule"
_INSTEAD = "compile the model with another schedule, and save it again"


def _name(config: Config) -> Decision:
    """Keras 3 takes no None, and no / as in a name of TensorFlow's."""
    name = config["name"]
    return Decision({} if name is None else {"name": name.replace("/", "_")})


_NAME = custom("name", "without `/`, and left out where it is `None`", _name)


def _rule(name: str, keys: str) -> Rule:
    return Rule(name, (*same(keys), *_NAME))


RULES = (
    _rule("CosineDecay", "initial_learning_rate decay_steps alpha warmup_target warmup_steps"),
    _rule("CosineDecayRestarts", "initial_learning_rate first_decay_steps t_mul m_mul alpha"),
    _rule("ExponentialDecay", "initial_learning_rate decay_steps decay_rate staircase"),
    _rule("InverseTimeDecay", "initial_learning_rate decay_steps decay_rate staircase"),
    _rule("PiecewiseConstantDecay", "boundaries values"),
    _rule("PolynomialDecay", "initial_learning_rate decay_steps end_learning_rate power cycle"),
    *(Rule(name, refused=_GONE, instead=_INSTEAD) for name in ("LinearCosineDecay", "NoisyLinearCosineDecay")),
    Rule(
        "LearningRateSchedule",
        refused="a base class, which computes nothing of its own",
        instead="use a concrete schedule, and save the model again",
    ),
)
