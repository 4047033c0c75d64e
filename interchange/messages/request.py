"""What all requests have in common, and how a worker answers one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, TypeVar, cast

from interchange.messages.message import Message
from interchange.protocol import Handler, Say

R = TypeVar("R", bound=Message)


class Request(Message, Generic[R]):
    """A request of the operation `op`, which is answered with a `result`."""

    op: ClassVar[str]
    result: ClassVar[type[Message]]

    def to_json(self) -> dict[str, Any]:
        """The line that is written to a worker."""
        return {"op": self.op, **super().to_json()}

    def read(self, value: Mapping[str, Any]) -> R:
        """The result that a worker has answered."""
        return cast(R, self.result.from_json(value))


def handlers(handle: Mapping[type[Request[Any]], Callable[[Any, Say], Message]]) -> dict[str, Handler]:
    """By the operation of each request what answers it as JSON."""
    return {cls.op: functools.partial(_handled, cls, function) for cls, function in handle.items()}


def _handled(
    cls: type[Request[Any]], function: Callable[[Any, Say], Message], request: Mapping[str, Any], say: Say
) -> Mapping[str, Any]:
    fields = {key: value for key, value in request.items() if key != "op"}
    return function(cls.from_json(fields), say).to_json()
