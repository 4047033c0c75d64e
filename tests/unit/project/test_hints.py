"""A hint is a promise: for each that names an option there is a test that has followed it, or a word on why not."""

from __future__ import annotations

import pytest

from tests.support.hints import FOLLOWED, ROOT, SAYS, UNPROVEN, hints, names_in, options_in

# What tests below the command call an option.
CALLED = {"--inputs": ("samples",)}
KNOWN = (*FOLLOWED, *SAYS, *UNPROVEN)


def known(text: str) -> list[str]:
    return [beginning for beginning in KNOWN if text.strip().startswith(beginning)]


@pytest.mark.parametrize("text", hints(), ids=lambda text: text[:60])
def test_every_hint_that_names_an_option_is_followed_by_a_test(text: str) -> None:
    assert known(text), f"{hints()[text]}: add it to tests/support/hints.py with the test that follows it: {text!r}"


def test_no_hint_is_listed_that_is_gone() -> None:
    said = {beginning for text in hints() for beginning in known(text)}
    assert set(KNOWN) - said == set()


@pytest.mark.parametrize("beginning", FOLLOWED)
def test_what_follows_a_hint_is_a_test_that_gives_one_of_its_options(beginning: str) -> None:
    file, _, name = FOLLOWED[beginning].partition("::")
    assert name in names_in(file)
    options = {option for text in hints() if beginning in known(text) for option in options_in(text)}
    content = (ROOT / "tests" / file).read_text(encoding="utf-8").replace("_", "-")
    assert any(word in content for option in options for word in (option.removeprefix("--"), *CALLED.get(option, ())))
