"""The lines of a recovered body: what its expressions are used for, and the branches between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bytecode import phrases
from bytecode.code import GENERATOR, VARARGS, VARKEYWORDS, Code, Instruction
from bytecode.expressions import EXPRESSIONS, Stack, Unsaid
from bytecode.phrases import Phrase


def parameters(code: Code, defaults: Sequence[Phrase]) -> str:
    """The parameters as they are written; of keyword-only ones the defaults are not known here."""
    if code.kwonly or code.posonly or any(name.startswith(".") for name in code.varnames[: code.argcount]):
        raise Unsaid
    names = list(code.varnames[: code.argcount])
    if len(defaults) > len(names):
        raise Unsaid
    rest = iter(code.varnames[code.argcount :])
    for number, value in enumerate(reversed(defaults), 1):
        names[-number] += f"={value.text}"
    names += [f"*{next(rest)}"] if code.flags & VARARGS else []
    names += [f"**{next(rest)}"] if code.flags & VARKEYWORDS else []
    return ", ".join(names)


def body(code: Code) -> list[str]:
    """The lines of a function. Raises `Unsaid` where there are no simple words for them."""
    if code.flags & GENERATOR or code.kwonly or code.posonly:
        raise Unsaid
    block = _Block(code)
    block.follow(0, len(code.instructions))
    return block.lines


@dataclass
class _Block:
    """A stretch of instructions as lines, and the expressions that are still on the stack."""

    code: Code
    lines: list[str] = field(default_factory=list)
    ended: bool = False

    def __post_init__(self) -> None:
        self.stack = Stack(self.code)

    def follow(self, number: int, end: int) -> None:
        """Say the instructions from `number` up to `end`."""
        while number < end and not self.ended:
            step = self.code.instructions[number]
            if step.op in ("POP_JUMP_IF_FALSE", "POP_JUMP_IF_TRUE"):
                number = self._branch(step, number, end)
            elif step.op in ("JUMP_IF_FALSE_OR_POP", "JUMP_IF_TRUE_OR_POP"):
                number = self._either(step, number, end)
            elif step.op in ("INPLACE", "UNPACK"):
                number = self._assign(step, number + 1)
            else:
                self._say(step)
                number += 1

    def _assign(self, step: Instruction, number: int) -> int:
        """`name += value`, and `name, other = values`: the instructions that follow hold the names."""
        count = step.argument if step.op == "UNPACK" else 1
        stores = self.code.instructions[number : number + count]
        if any(store.op not in ("STORE_FAST", "STORE_DEREF") for store in stores) or len(stores) != count or not count:
            raise Unsaid
        value, names = self.stack.pop(), [store.argument for store in stores]
        if step.op == "UNPACK":
            text = f"{', '.join(names)}{',' if count == 1 else ''} = {value.text}"
        elif self.stack.pop().text == names[0] and step.argument != "/2":
            text = f"{names[0]} {step.argument}= {value.text}"
        else:
            raise Unsaid
        if self.stack.phrases:
            raise Unsaid
        self.lines.append(text)
        return int(number + count)

    def _say(self, step: Instruction) -> None:
        if step.op in EXPRESSIONS:
            EXPRESSIONS[step.op](self.stack, step.argument)
        elif step.op in _STATEMENTS:
            _STATEMENTS[step.op](self, step.argument)
        else:
            raise Unsaid

    def _inner(self, number: int, end: int) -> _Block:
        block = _Block(self.code)
        block.follow(number, end)
        return block

    def _branch(self, step: Instruction, number: int, end: int) -> int:
        """A conditional expression, or an `if` statement."""
        test = self.stack.pop()
        test = test if step.op == "POP_JUMP_IF_FALSE" else phrases.unary("not", test)
        target = step.argument
        if not number < target <= end:
            raise Unsaid
        last = self.code.instructions[target - 1]
        joined = last.argument if last.op == "JUMP" and target - 1 > number else None
        if joined is None:
            then, other, after = self._inner(number + 1, target), _Block(self.code), target
        elif target <= joined <= end:
            then, other, after = self._inner(number + 1, target - 1), self._inner(target, joined), joined
        else:
            raise Unsaid
        self._join(test, then, other)
        return int(after)

    def _join(self, test: Phrase, then: _Block, other: _Block) -> None:
        if not then.lines and not other.lines and len(then.stack.phrases) == len(other.stack.phrases) == 1:
            yes, no = then.stack.pop(), other.stack.pop()
            text = f"{yes.within(phrases.OR)} if {test.within(phrases.OR)} else {no.within(phrases.CONDITION)}"
            self.stack.push(Phrase(text, phrases.CONDITION, phrases.spoken(test, yes, no)))
            return
        if then.stack.phrases or other.stack.phrases or self.stack.phrases or not then.lines:
            raise Unsaid
        self.lines += [f"if {test.text}:", *(f"    {line}" for line in then.lines)]
        self.lines += ["else:", *(f"    {line}" for line in other.lines)] if other.lines else []
        self.ended = then.ended and other.ended

    def _either(self, step: Instruction, number: int, end: int) -> int:
        """`and` and `or`."""
        target = step.argument
        if not number < target <= end:
            raise Unsaid
        left, block = self.stack.pop(), self._inner(number + 1, target)
        if block.lines or len(block.stack.phrases) != 1:
            raise Unsaid
        word, strength = ("and", phrases.AND) if step.op == "JUMP_IF_FALSE_OR_POP" else ("or", phrases.OR)
        right = block.stack.pop()
        text = f"{left.within(strength)} {word} {right.within(strength)}"
        self.stack.push(Phrase(text, strength, phrases.spoken(left, right)))
        return int(target)


def _store(block: _Block, name: str) -> None:
    """An assignment, unless something on the stack still speaks of the old value."""
    value = block.stack.pop()
    if any(phrase is None or name in phrase.names or phrase.parts[:1] == ("[",) for phrase in block.stack.phrases):
        raise Unsaid
    block.lines.append(f"{name} = {value.text}")


def _return(block: _Block, _: None) -> None:
    block.lines.append(f"return {block.stack.pop().text}")
    block.ended = True


def _pop(block: _Block, _: None) -> None:
    value = block.stack.phrases.pop() if block.stack.phrases else None
    if value is not None and value.text.endswith(")"):
        block.lines.append(value.text)


def _function(block: _Block, flags: int) -> None:
    """A lambda in the body."""
    code = block.stack.pop()
    if flags & 8:
        block.stack.pop()
    if flags & 6:
        raise Unsaid
    defaults = block.stack.pop() if flags & 1 else phrases.constant(())
    if defaults.parts[:1] != ("(",):
        raise Unsaid
    block.stack.push(_lambda(code, defaults.parts[1]))


def _function_over(block: _Block, counts: tuple[int, int]) -> None:
    code = block.stack.pop()
    if counts[1]:
        block.stack.pop()
    block.stack.push(_lambda(code, block.stack.take(counts[0])))


def _lambda(phrase: Phrase, defaults: Sequence[Phrase]) -> Phrase:
    code = phrase.parts[0] if phrase.parts else None
    if not isinstance(code, Code) or len(defaults) > code.argcount:
        raise Unsaid
    lines = body(code)
    if len(lines) != 1 or not lines[0].startswith("return "):
        raise Unsaid
    text = f"lambda {parameters(code, defaults)}: {lines[0][len('return ') :]}"
    return Phrase(text, phrases.LAMBDA, frozenset(code.freevars) | phrases.spoken(*defaults))


_STATEMENTS: Mapping[str, Callable[[_Block, Any], None]] = {
    "STORE_FAST": _store,
    "STORE_DEREF": _store,
    "RETURN": _return,
    "POP": _pop,
    "FUNCTION": _function,
    "FUNCTION_OVER": _function_over,
}
