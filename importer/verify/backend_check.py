"""Check results under another backend of Keras 3: `python -m importer.verify.backend_check FOLDER RESULT.json`.

FOLDER holds results with their bundles, as `migrate --keep-bundles` leaves them; each is opened by stock Keras and
compared with what Keras 2 computed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from importer.save.save import read_back
from importer.verify.verify import verify
from interchange.bundle import Bundle
from interchange.messages.requests import ToleranceOptions
from interchange.text import in_one_line


@dataclass(frozen=True)
class Verdict:
    """One result: whether it is equal under this backend, and if not, why."""

    name: str
    equal: bool
    text: str


def verdict(path: Path, name: str) -> Verdict:
    """Open one result and compare it on every probe of its bundle."""
    try:
        verify(read_back(path), Bundle.open(path.with_suffix(".bundle")), ToleranceOptions())
    except Exception as error:  # noqa: BLE001  (whatever a backend raises is what is to be told)
        return Verdict(name, False, in_one_line(str(error), 300))
    return Verdict(name, True, "equal")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the verdicts on all results of a folder, and print those that are not equal."""
    import keras

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("result", type=Path)
    parsed = parser.parse_args(arguments)
    verdicts = [
        verdict(path, path.relative_to(parsed.folder).as_posix()) for path in sorted(parsed.folder.rglob("*.keras"))
    ]
    parsed.result.write_text(json.dumps([asdict(each) for each in verdicts], indent=1))
    for each in verdicts:
        if not each.equal:
            print(f"{each.name}: {each.text}")
    print(f"{keras.backend.backend()}: {sum(each.equal for each in verdicts)} of {len(verdicts)} are equal")


if __name__ == "__main__":
    main()
