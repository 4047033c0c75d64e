"""Where below the workspace one source is worked on, and who may write where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from keras2to3.results.deletion import remove

_BUNDLES, _DRAFTS, _LENT = "bundles", "drafts", "lent"


@dataclass(frozen=True)
class PairFolders:
    """The folders of a pair of workers, which its sandboxes grant.

    The exporter, in which code of a model may have run, writes to `bundles` and nowhere else, the importer to `drafts`
    and nowhere else. Nobody but the command writes to `lent` and `private`; both workers read what is lent.
    """

    root: Path
    private: Path

    @property
    def bundles(self) -> Path:
        """Interchange bundles, one a source."""
        return self.root / _BUNDLES

    @property
    def drafts(self) -> Path:
        """New models, until the command has copied them."""
        return self.root / _DRAFTS

    @property
    def lent(self) -> Path:
        """Copies of sources that the importer reads, and of what it has written for the exporter."""
        return self.root / _LENT

    def of_source(self, name: str) -> Folders:
        """The folders of one source; `name` is one that no worker has heard of, so that nothing waits there."""
        return Folders(*(folder / name for folder in (self.drafts, self.bundles, self.lent, self.private)))


@dataclass(frozen=True)
class Folders:
    """The folders of one source; `PairFolders` says who writes to which."""

    draft: Path
    bundle: Path
    lent: Path
    private: Path

    @property
    def description(self) -> Path:
        """The bundle in which the importer describes a model of Keras 3."""
        return self.draft / "description"

    @property
    def lent_description(self) -> Path:
        """The copy of it that the exporter reads."""
        return self.lent / "description"

    def written(self, name: str) -> Path:
        """Where the exporter writes a model of this name, beside its bundle."""
        return self.bundle.with_name(f"{self.bundle.name}-{name}")

    def hand_over_draft(self, fill: Callable[[Path], None]) -> None:
        """Give the importer its folder with what `fill` puts into it, by one rename.

        A folder that was there already could hold links of the importer's where the command writes.
        """
        prepared = self.private / "draft"
        prepared.mkdir(parents=True)
        fill(prepared)
        self.draft.parent.mkdir(parents=True, exist_ok=True)
        prepared.rename(self.draft)

    def remove(self) -> None:
        """Remove all of them; what cannot be removed goes with the workspace, or is reported there."""
        written = self.bundle.parent.glob(f"{self.bundle.name}-*")
        for folder in (self.draft, self.bundle, *written, self.lent, self.private):
            remove(folder)
