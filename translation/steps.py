"""The steps that an architecture takes from the Keras that wrote it to Keras 3, in order.

One more version is one more `Step`: a table of rules, and the function that applies them.
"""

from __future__ import annotations

from translation.keras2_config import TO_KERAS_2_15
from translation.keras2_to_3 import rules
from translation.keras2_to_3.translate import translated
from translation.keras3_minors import new_arguments
from translation.step import Step

TO_KERAS_3 = Step("Keras 2.15", "Keras 3", rules.table, translated)
"""From the architecture that Keras 2.15 writes to the `Graph` that the importer builds."""

TO_OLDER_KERAS_3 = Step("Keras 3", "any Keras 3", lambda: new_arguments.NEWER, new_arguments.plain)
"""From a config that Keras 3 writes to one that its older minors read as well."""

STEPS = (*TO_KERAS_2_15, TO_KERAS_3, TO_OLDER_KERAS_3)
