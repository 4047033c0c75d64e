"""Say of each line whether it is code or prose, with the migrated model and stock Keras 3."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from text import encode

MODEL = Path("migrated/code_or_prose.keras")


def main() -> None:
    """Read lines from the arguments, or else from standard input, and print the verdict before each of them."""
    given = sys.argv[1:] or sys.stdin.read().splitlines()
    lines = [line for line in given if line.strip()]
    if not lines:
        raise SystemExit("No line of text to read: give lines as arguments or on standard input.")
    for line, probability in zip(lines, probabilities_of_code(load(), lines), strict=True):
        print(f"{'code' if probability > 0.5 else 'prose':5}  {probability:.3f}  {line}")


def load() -> Any:
    """Return the migrated model; nothing but Keras is needed, and its safe mode stays on."""
    if not MODEL.is_file():
        raise SystemExit(f"There is no {MODEL} here: run `nox -s migrate -- examples/code_or_prose.h5` first.")
    import keras

    return keras.saving.load_model(MODEL)


def probabilities_of_code(model: Any, lines: Sequence[str]) -> list[float]:
    """Return for each line the probability, 0 to 1, that it is code; no line may be empty."""
    return [float(row[0]) for row in model.predict(encode(lines), verbose=0)]


if __name__ == "__main__":
    main()
