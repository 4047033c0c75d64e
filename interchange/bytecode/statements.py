"""The lines of a recovered body: the stack of values becomes a stack of expressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from interchange.bytecode import phrases
from interchange.bytecode.code import GENERATOR, VARARGS, VARKEYWORDS, Code, Instruction
from interchange.bytecode.phrases import Phrase


class Unsaid(Exception):
    """There are no simple words for this."""


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
    stack: list[Phrase | None] = field(default_factory=list)
    ended: bool = False

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
        value, names = self.pop(), [store.argument for store in stores]
        if step.op == "UNPACK":
            text = f"{', '.join(names)}{',' if count == 1 else ''} = {value.text}"
        elif self.pop().text == names[0] and step.argument != "/2":
            text = f"{names[0]} {step.argument}= {value.text}"
        else:
            raise Unsaid
        if self.stack:
            raise Unsaid
        self.lines.append(text)
        return int(number + count)

    def _say(self, step: Instruction) -> None:
        if step.op not in _SAY:
            raise Unsaid
        _SAY[step.op](self, step.argument)

    def _inner(self, number: int, end: int) -> _Block:
        block = _Block(self.code)
        block.follow(number, end)
        return block

    def _branch(self, step: Instruction, number: int, end: int) -> int:
        """A conditional expression, or an `if` statement."""
        test = self.pop()
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
        if not then.lines and not other.lines and len(then.stack) == len(other.stack) == 1:
            yes, no = then.pop(), other.pop()
            text = f"{yes.within(phrases.OR)} if {test.within(phrases.OR)} else {no.within(phrases.CONDITION)}"
            self.stack.append(Phrase(text, phrases.CONDITION, phrases.spoken(test, yes, no)))
            return
        if then.stack or other.stack or self.stack or not then.lines:
            raise Unsaid
        self.lines += [f"if {test.text}:", *(f"    {line}" for line in then.lines)]
        self.lines += ["else:", *(f"    {line}" for line in other.lines)] if other.lines else []
        self.ended = then.ended and other.ended

    def _either(self, step: Instruction, number: int, end: int) -> int:
        """`and` and `or`."""
        target = step.argument
        if not number < target <= end:
            raise Unsaid
        left, block = self.pop(), self._inner(number + 1, target)
        if block.lines or len(block.stack) != 1:
            raise Unsaid
        word, strength = ("and", phrases.AND) if step.op == "JUMP_IF_FALSE_OR_POP" else ("or", phrases.OR)
        right = block.pop()
        text = f"{left.within(strength)} {word} {right.within(strength)}"
        self.stack.append(Phrase(text, strength, phrases.spoken(left, right)))
        return int(target)

    def push(self, phrase: Phrase) -> None:
        self.stack.append(phrase)

    def pop(self) -> Phrase:
        found = self.stack.pop() if self.stack else None
        if found is None:
            raise Unsaid
        return found

    def take(self, count: int) -> list[Phrase]:
        return [self.pop() for _ in range(count)][::-1]

    def store(self, name: str) -> None:
        """An assignment, unless something on the stack still speaks of the old value."""
        value = self.pop()
        if any(phrase is None or name in phrase.names or phrase.parts[:1] == ("[",) for phrase in self.stack):
            raise Unsaid
        self.lines.append(f"{name} = {value.text}")

    def finish(self, _: None) -> None:
        self.lines.append(f"return {self.pop().text}")
        self.ended = True

    def drop(self, _: None) -> None:
        value = self.stack.pop() if self.stack else None
        if value is not None and value.text.endswith(")"):
            self.lines.append(value.text)

    def extend(self, depth: int) -> None:
        """A list of constants, which 3.9 and later make of an empty one and a tuple."""
        found, items = self.take(2) if depth == 1 else (Phrase(""), Phrase(""))
        if found.text != "[]" or items.parts[:1] != ("(",):
            raise Unsaid
        self.push(phrases.sequence("[", "]", items.parts[1]))

    def subscript(self, _: None) -> None:
        owner, key = self.take(2)
        self.push(phrases.subscript(owner, key))

    def cut(self, bits: int) -> None:
        """Python 2's own slices."""
        stop = self.pop() if bits & 2 else Phrase("None")
        start = self.pop() if bits & 1 else Phrase("None")
        self.push(phrases.subscript(self.pop(), phrases.piece([start, stop])))

    def call(self, count: int) -> None:
        target, *args = self.take(count + 1)
        self.push(phrases.call(target, args))

    def call_named(self, count: int) -> None:
        target, *values, names = self.take(count + 2)
        self._call_with(target, values, names)

    def call_bound(self, count: int) -> None:
        args = self.take(count)
        target = self.pop()
        self._null()
        self.push(phrases.call(target, args))

    def call_named_bound(self, count: int) -> None:
        *values, names = self.take(count + 1)
        target = self.pop()
        self._null()
        self._call_with(target, values, names)

    def _null(self) -> None:
        """Calls of comprehensions have none; they have no simple words."""
        if not self.stack or self.stack.pop() is not None:
            raise Unsaid

    def _call_with(self, target: Phrase, values: Sequence[Phrase], names: Phrase) -> None:
        if names.parts[:1] != ("(",):
            raise Unsaid
        keys = [_word(key) for key in names.parts[1]]
        plain = len(values) - len(keys)
        if plain < 0:
            raise Unsaid
        self.push(phrases.call(target, values[:plain], list(zip(keys, values[plain:]))))

    def call_pairs(self, counts: tuple[int, int, int, int]) -> None:
        if counts[2] or counts[3]:
            raise Unsaid
        flat = self.take(2 * counts[1])
        target, *args = self.take(counts[0] + 1)
        self.push(phrases.call(target, args, [(_word(key), value) for key, value in zip(flat[::2], flat[1::2])]))

    def swap(self, depth: int) -> None:
        if not 0 < depth <= len(self.stack):
            raise Unsaid
        self.stack[-depth], self.stack[-1] = self.stack[-1], self.stack[-depth]

    def function(self, flags: int) -> None:
        """A lambda in the body."""
        code = self.pop()
        if flags & 8:
            self.pop()
        if flags & 6:
            raise Unsaid
        defaults = self.pop() if flags & 1 else phrases.constant(())
        if defaults.parts[:1] != ("(",):
            raise Unsaid
        self._lambda(code, defaults.parts[1])

    def function_over(self, counts: tuple[int, int]) -> None:
        code = self.pop()
        if counts[1]:
            self.pop()
        self._lambda(code, self.take(counts[0]))

    def _lambda(self, phrase: Phrase, defaults: Sequence[Phrase]) -> None:
        code = phrase.parts[0] if phrase.parts else None
        if not isinstance(code, Code) or len(defaults) > code.argcount:
            raise Unsaid
        lines = body(code)
        if len(lines) != 1 or not lines[0].startswith("return "):
            raise Unsaid
        text = f"lambda {parameters(code, defaults)}: {lines[0][len('return ') :]}"
        self.push(Phrase(text, phrases.LAMBDA, frozenset(code.freevars) | phrases.spoken(*defaults)))


def _word(phrase: Phrase) -> str:
    """The name of an argument, which is a constant text."""
    if not phrase.parts or not isinstance(phrase.parts[0], str) or not phrase.parts[0].isidentifier():
        raise Unsaid
    return phrase.parts[0]


def _pushing(make: Callable[..., Phrase], count: int) -> Callable[[_Block, Any], None]:
    """An instruction that makes one expression of the uppermost ones."""
    return lambda block, argument: block.push(make(argument, *block.take(count)))


def _gathering(opening: str, closing: str) -> Callable[[_Block, int], None]:
    return lambda block, count: block.push(phrases.sequence(opening, closing, block.take(count)))


def _named(block: _Block, name: str) -> None:
    block.push(phrases.name(name))


_SAY: dict[str, Callable[[_Block, Any], None]] = {
    "CONST": lambda block, number: block.push(phrases.constant(block.code.consts[number])),
    "NULL": lambda block, _: block.stack.append(None),
    "FAST": _named,
    "GLOBAL": _named,
    "DEREF": _named,
    "CLOSURE": _named,
    "STORE_FAST": _Block.store,
    "STORE_DEREF": _Block.store,
    "RETURN": _Block.finish,
    "POP": _Block.drop,
    "UNARY": _pushing(phrases.unary, 1),
    "BINARY": _pushing(phrases.binary, 2),
    "COMPARE": _pushing(phrases.comparison, 2),
    "ATTRIBUTE": _pushing(lambda name, owner: phrases.attribute(owner, name), 1),
    "SUBSCRIPT": _Block.subscript,
    "SLICE": _Block.cut,
    "BUILD_SLICE": lambda block, count: block.push(phrases.piece(block.take(count))),
    "BUILD_TUPLE": _gathering("(", ")"),
    "BUILD_LIST": _gathering("[", "]"),
    "LIST_EXTEND": _Block.extend,
    "SWAP": _Block.swap,
    "CALL": _Block.call,
    "CALL_NAMED": _Block.call_named,
    "CALL_BOUND": _Block.call_bound,
    "CALL_NAMED_BOUND": _Block.call_named_bound,
    "CALL_PAIRS": _Block.call_pairs,
    "FUNCTION": _Block.function,
    "FUNCTION_OVER": _Block.function_over,
}
