"""The exceptions of the functions for Python."""

from __future__ import annotations

from typing import Optional

from interchange.errors import Exit, Failure


class Keras2To3Error(Exception):
    """A run that failed, or a model without a result: `exit_code` is that of the command, `hint` what to do."""

    def __init__(self, message: str, exit_code: int, hint: Optional[str] = None, log: Optional[str] = None) -> None:
        super().__init__(message)
        self.exit_code = Exit(exit_code)
        self.hint = hint
        self.log = log

    @classmethod
    def of(cls, failure: Failure) -> Keras2To3Error:
        """The error for a failure of the engine."""
        return cls(failure.message, failure.code, failure.hint, str(failure.detail.get("log", "")) or None)

    def __str__(self) -> str:
        hint = f"\nhint: {self.hint}" if self.hint else ""
        return f"{self.args[0]}{hint}"


class UsageError(Keras2To3Error, ValueError):
    """An argument that the command line would not accept either."""

    def __init__(self, message: str) -> None:
        super().__init__(message, Exit.USAGE)


class MigrationError(Keras2To3Error):
    """A model without a result: refused, different, or failed."""
