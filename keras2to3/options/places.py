"""Places that are not on this machine: URLs of stores, and the clusters of Dask that `--on` names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

KINDS: Mapping[str, tuple[str, ...]] = {
    "dask+tcp": ("command",),
    "dask+tls": ("command",),
    "dask+local": ("workers", "command"),
    "dask+slurm": ("workers", "cores", "memory", "walltime", "account", "command"),
}
"""By the kind of cluster, the settings that may follow a question mark."""

_FORM = re.compile(r"(?P<kind>[a-z]+\+[a-z]+)(://(?P<place>[^?/]+)/?)?(\?(?P<settings>.*))?")
_FORMS = "dask+tcp://HOST:PORT, dask+local?workers=N or dask+slurm://PARTITION?workers=N"
_COUNT = re.compile(r"[1-9][0-9]{0,5}")


_URL = re.compile(r"[a-z][a-z0-9+.-]*://")


def is_url(text: str) -> bool:
    """Whether a place is a URL, and not a path of this machine."""
    return _URL.match(text) is not None


@dataclass(frozen=True)
class Cluster:
    """A cluster: of a running scheduler `place` is host and port, of Slurm the partition, of this machine empty.

    `settings` are those behind the question mark, as `workers` and `command`, which starts keras2to3 there.
    """

    text: str
    kind: str
    place: str
    settings: Mapping[str, str] = field(hash=False)

    @classmethod
    def of(cls, text: str) -> Cluster:
        """The address in a text. Raises ValueError, which says what is wrong with it."""
        form = _FORM.fullmatch(text)
        known = KINDS.get(form["kind"]) if form else None
        if form is None or known is None:
            raise ValueError(f"{text!r} is no cluster: write {_FORMS}")
        settings = dict(parse_qsl(form["settings"] or "", keep_blank_values=True))
        if unknown := sorted(settings.keys() - set(known)):
            raise ValueError(f"{text!r}: {unknown[0]} is no setting of {form['kind']}: they are {', '.join(known)}")
        for name in sorted({"workers", "cores"} & settings.keys()):
            if not _COUNT.fullmatch(settings[name]):
                raise ValueError(f"{text!r}: {name} has to be a number, not {settings[name]!r}")
        if (form["kind"] == "dask+local") != (form["place"] is None):
            raise ValueError(f"{text!r}: write {_FORMS}")
        return cls(text, form["kind"], form["place"] or "", settings)


def needs_shards(on: Cluster | None, stores: Sequence[str], target: str | None) -> bool:
    """Whether sources are divided into shards: for a cluster, or because they or what comes of them are in stores."""
    return on is not None or bool(stores) or target is not None
