"""`keras.optimizers.schedules`: learning rates that follow the number of steps."""

from __future__ import annotations

from translation.verbs import Rule, same

KIND = "optimizers.schedules"

_GONE = "Keras 3 has no such schedule"
_INSTEAD = "compile the model with another schedule, and save it again"

RULES = (
    Rule("CosineDecay", same("initial_learning_rate decay_steps alpha name warmup_target warmup_steps")),
    Rule("CosineDecayRestarts", same("initial_learning_rate first_decay_steps t_mul m_mul alpha name")),
    Rule("ExponentialDecay", same("initial_learning_rate decay_steps decay_rate staircase name")),
    Rule("InverseTimeDecay", same("initial_learning_rate decay_steps decay_rate staircase name")),
    Rule("PiecewiseConstantDecay", same("boundaries values name")),
    Rule("PolynomialDecay", same("initial_learning_rate decay_steps end_learning_rate power cycle name")),
    *(Rule(name, refused=_GONE, instead=_INSTEAD) for name in ("LinearCosineDecay", "NoisyLinearCosineDecay")),
    Rule(
        "LearningRateSchedule",
        refused="a base class, which computes nothing of its own",
        instead="use a concrete schedule, and save the model again",
    ),
)
