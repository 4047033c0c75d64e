"""Templates, with everything a model can name escaped, and a page of them in bytes."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from interchange import json_floats
from keras2to3.reports.html import assets
from keras2to3.reports.html.assets import Library
from keras2to3.reports.html.filters import FILTERS, visible
from keras2to3.reports.statuses import STATUSES

_MARKUP = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


@functools.cache
def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    environment = Environment(
        loader=loader,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=visible,
    )
    environment.filters.update(FILTERS)
    environment.globals["STATUSES"] = STATUSES
    return environment


def page(
    template: str, context: Mapping[str, Any], data: Any, libraries: Sequence[Library], scripts: Sequence[str]
) -> bytes:
    """A page that holds all it needs; `data` is what the `scripts` read, and the `libraries` are what they call."""
    first, own, style = assets.script("theme"), assets.script(*scripts), assets.style()
    texts = [library.script for library in libraries]
    content = (
        _environment()
        .get_template(template)
        .render(
            **context,
            policy=assets.policy([style], [first, *texts, own]),
            style=_ours(style),
            first_script=_ours(first),
            library_scripts=list(map(_ours, texts)),
            own_script=_ours(own),
            data=_ours(as_script_data(data)),
            libraries=libraries,
        )
    )
    return content.encode("utf-8", "backslashreplace")  # half of a surrogate pair is no letter


def _ours(text: str) -> Markup:
    """What stands in a script or style element as it is."""
    return Markup(text)  # noqa: S704 (files of ours, and JSON without a sign of markup)


def as_script_data(data: Any) -> str:
    """JSON that stays within its script element: no `</script>` can stand in it, nor `<!--`."""
    text = json.dumps(json_floats.finite(data), separators=(",", ":"), sort_keys=True, allow_nan=False)
    return text.translate(_MARKUP)
