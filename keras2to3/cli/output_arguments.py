"""The arguments for what is printed, which every command has."""

from __future__ import annotations

import argparse
from pathlib import Path

from keras2to3.options.commands import Display


def add(parser: argparse.ArgumentParser) -> None:
    """Add them to a parser."""
    group = parser.add_argument_group("output")
    amount = group.add_mutually_exclusive_group()
    text = "print only errors, sources without a result, and the closing line"
    amount.add_argument("-q", "--quiet", action="store_true", help=text)
    text = "also print each stage, the paths of results, how much was compared, and every change"
    amount.add_argument("-v", "--verbose", action="store_true", help=text)
    text = "print one JSON document on standard output, and everything else on standard error"
    group.add_argument("--json", action="store_true", help=text)
    text = "append everything that can be printed to FILE, with times, whatever -q says"
    group.add_argument("--log-file", type=Path, metavar="FILE", help=text)


def display(parsed: argparse.Namespace) -> Display:
    """What the words say about it."""
    return Display(parsed.quiet, parsed.verbose, parsed.json, parsed.log_file)
