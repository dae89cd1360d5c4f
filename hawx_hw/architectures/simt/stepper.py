"""The stepper: a program in the simulator, instruction by instruction, by commands of a line each.

A step is one instruction of one warp: the others are halted, as in hardware with ``debug``, so what
is seen is the state between two instructions.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from hawx_hw.architectures.simt.isa import PREDICATES, SCALARS
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.simulator import Simulator, State
from hawx_hw.architectures.simt.source import hint_of
from hawx_hw.architectures.simt.trace import instruction_at, place_of, trace_line, trap_text
from hawx_hw.errors import UserError, shown

__all__ = ["COMMANDS", "Stepper"]

#: What each command does, by its name and operands.
COMMANDS: Mapping[str, str] = {
    "step [N]": "run N instructions (1) of this warp; of the next one where it waits or has ended",
    "next [WARP]": "turn to the next warp, or to WARP, and run an instruction of it",
    "warp [WARP]": "turn to WARP without running anything; alone: what every warp is at",
    "run [CYCLES]": "run all warps up to a breakpoint, a trap, the end, or for CYCLES",
    "break [PLACE]": "stop before the instruction at an address or label; alone: list breakpoints",
    "delete [PLACE]": "remove a breakpoint; alone: all of them",
    "regs [WARP]": "pc, loops, scalars and vector registers of this warp, or of WARP",
    "masks [WARP]": "predicates of this warp, or of WARP, lane 0 first",
    "mem [MEMORY] ADDRESS [N]": "N words (1) of a memory: a activations (left out: this one), "
    "r results, w weights, c constants (multiplier:addend), g arguments",
    "list [PLACE]": "the instructions around this warp's, or around an address or label",
    "reset": "begin again; breakpoints stay",
    "help": "this list",
    "quit": "end; so does the end of the input",
}
_NAMES = tuple(name.split()[0] for name in COMMANDS)
#: Shorter names.
_SHORT = {"s": "step", "n": "next", "r": "run", "b": "break", "l": "list", "q": "quit", "w": "warp"}
#: Most operands of each command.
_MOST = {"mem": 3, "reset": 0, "help": 0, "quit": 0}
#: Instructions that are listed before and after one.
_AROUND = 4


class Stepper:
    """A simulation that commands go through.

    Parameters
    ----------
    program : Program
    activations : ndarray of int8 or None
        See :class:`~hawx_hw.architectures.simt.simulator.Simulator`.
    limit : int
        Cycles after which ``run`` stops by itself.

    Attributes
    ----------
    warp : int
        The one that is stepped.
    ended : bool
        Whether ``quit`` was given.
    """

    def __init__(
        self, program: Program, activations: np.ndarray | None = None, *, limit: int = 10_000_000
    ):
        self._program, self._activations, self._limit = program, activations, limit
        self._breakpoints: set[int] = set()
        self.ended = False
        self._commands: Mapping[str, Callable[[Sequence[str]], Iterator[str]]] = {
            name: getattr(self, f"_{name}") for name in _NAMES
        }
        self._begin()

    def _begin(self) -> None:
        self.simulator = Simulator(self._program, self._activations)
        self.simulator.halt()
        self.simulator.breakpoints = self._breakpoints
        self.warp = 0

    def do(self, line: str) -> Iterator[str]:
        """Do the command of a line, and yield what it shows.

        An empty line, or one that begins with ``#``, does nothing.

        Raises
        ------
        UserError
            It is no command.
        """
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:
            raise UserError(f"{shown(line.strip())} is no command: {error}") from error
        if not words:
            return
        name = _SHORT.get(words[0].lower(), words[0].lower())
        if name not in self._commands:
            raise UserError(f"There is no command {shown(words[0])}", hint=hint_of(name, _NAMES))
        operands = words[1:]
        if len(operands) > _MOST.get(name, 1):
            usage = next(usage for usage in COMMANDS if usage.split()[0] == name)
            raise UserError(f"{name} has too many operands", hint=f"Write {usage}.")
        yield from self._commands[name](operands)

    # Where the warps are ----------------------------------------------------------------------

    def where(self) -> str:
        """The next instruction of this warp, or why there is none."""
        return self._position(self.warp)

    def _position(self, number: int) -> str:
        state = self.simulator.states[number]
        pc = self.simulator.outcome().warps[number].pc
        text = f"warp {number}  {pc:5}  {instruction_at(self._program, pc)}"
        place = place_of(self._program, pc)
        what = "" if state is State.READY else f"  ({state.value})"
        return f"{text:40}{what}{'  ' if place else ''}{place}".rstrip()

    def _end(self) -> Iterator[str]:
        """Why nothing goes on, if so."""
        outcome = self.simulator.outcome()
        if outcome.trap is not None:
            yield trap_text(self._program, outcome.trap)
        elif self.simulator.done:
            yield f"all warps have ended after {outcome.cycles} cycles"

    # Going on ---------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Let all that has begun end."""
        while not self.simulator.still:
            self.simulator.step()

    def _instruction(self, number: int) -> Iterator[str]:
        """Run one instruction of a warp that is ready."""
        before = self.simulator.retired
        self.simulator.permit(number)
        while self.simulator.permitted is not None and not self.simulator.done:
            self.simulator.step()
        self._settle()
        ended = self.simulator.retirements(before)
        for each in ended:
            yield trace_line(self._program, each)
        if not ended and not self.simulator.trapped:
            yield self._position(number)

    def _ready(self, first: int) -> int | None:
        """The first warp from one on that can go on."""
        states = self.simulator.states
        for number in (*range(first, len(states)), *range(first)):
            if states[number] is State.READY:
                return number
        return None

    def _step(self, operands: Sequence[str]) -> Iterator[str]:
        for _ in range(_number(operands, "N", 1, range(1, 1_000_001))):
            number = self._ready(self.warp)
            if self.simulator.done or number is None:
                break
            self.warp = number
            yield from self._instruction(number)
        yield from self._end()

    def _next(self, operands: Sequence[str]) -> Iterator[str]:
        if operands:
            self._turn(operands[0])
            if self.simulator.states[self.warp] is not State.READY:
                yield self.where()
                return
        else:
            number = self._ready((self.warp + 1) % self._program.unit.warps)
            self.warp = self.warp if number is None else number
        yield from self._step(())

    def _turn(self, text: str) -> None:
        self.warp = self._warp_number(text)

    def _warp(self, operands: Sequence[str]) -> Iterator[str]:
        if operands:
            self._turn(operands[0])
            yield self.where()
            return
        for number in range(self._program.unit.warps):
            yield ("* " if number == self.warp else "  ") + self._position(number)

    def _run(self, operands: Sequence[str]) -> Iterator[str]:
        cycles = _number(operands, "CYCLES", self._limit, range(1, 1 << 40))
        simulator = self.simulator
        begun, before = simulator.cycle, simulator.retired
        # A warp that stands at a breakpoint goes on from it.
        warps = simulator.outcome().warps
        for number, state in enumerate(simulator.states):
            if state is State.READY and warps[number].pc in self._breakpoints:
                list(self._instruction(number))
        simulator.halted = False
        while not simulator.done and not simulator.halted and simulator.cycle - begun < cycles:
            simulator.step()
        stopped = simulator.halted
        simulator.halt()
        self._settle()
        yield (
            f"{simulator.retired - before} instructions, up to cycle {simulator.cycle}"
            f"{'' if stopped or simulator.done else f'; not ended after {cycles} cycles'}"
        )
        if not simulator.done:
            if stopped:
                self.warp = self._at_breakpoint()
            yield self.where()
        yield from self._end()

    def _at_breakpoint(self) -> int:
        warps = self.simulator.outcome().warps
        for number, state in enumerate(self.simulator.states):
            if state is State.READY and warps[number].pc in self._breakpoints:
                return number
        return self.warp

    def _reset(self, operands: Sequence[str]) -> Iterator[str]:
        self._begin()
        yield self.where()

    # Breakpoints ------------------------------------------------------------------------------

    def _address(self, text: str) -> int:
        labels, code = self._program.names.labels, self._program.code
        if text in labels:
            address = labels[text]
        elif text.isidentifier():
            raise UserError(f"There is no label {text}", hint=hint_of(text, list(labels)))
        else:
            address = _number([text], "PLACE", 0, range(1 << 16))
        if address >= len(code):
            raise UserError(
                f"There is no instruction at {address}",
                hint=f"Addresses are 0 to {len(code) - 1}.",
            )
        return address

    def _break(self, operands: Sequence[str]) -> Iterator[str]:
        if operands:
            self._breakpoints.add(self._address(operands[0]))
        for address in sorted(self._breakpoints):
            yield f"breakpoint {address:5}  {instruction_at(self._program, address)}"
        if not self._breakpoints:
            yield "no breakpoints"

    def _delete(self, operands: Sequence[str]) -> Iterator[str]:
        if operands:
            address = self._address(operands[0])
            if address not in self._breakpoints:
                raise UserError(f"There is no breakpoint at {address}")
            self._breakpoints.discard(address)
        else:
            self._breakpoints.clear()
        yield from self._break(())

    # State ------------------------------------------------------------------------------------

    def _warp_number(self, text: str) -> int:
        return _number([text], "WARP", 0, range(self._program.unit.warps))

    def _of(self, operands: Sequence[str]) -> int:
        return self._warp_number(operands[0]) if operands else self.warp

    def _regs(self, operands: Sequence[str]) -> Iterator[str]:
        number = self._of(operands)
        warp = self.simulator.outcome().warps[number]
        yield self._position(number)
        for loop in warp.loops:
            yield f"loop {loop.first} to {loop.end - 1}, {loop.left} times left"
        for first in range(0, SCALARS, 8):
            yield "  ".join(f"s{n}={warp.scalars[n]}" for n in range(first, first + 8))
        for register, lanes in enumerate(warp.registers.tolist()):
            yield f"v{register} = {' '.join(map(str, lanes))}"

    def _masks(self, operands: Sequence[str]) -> Iterator[str]:
        warp = self.simulator.outcome().warps[self._of(operands)]
        for number in range(PREDICATES):
            yield f"p{number} = {''.join(str(int(lane)) for lane in warp.predicates[number])}"

    def _mem(self, operands: Sequence[str]) -> Iterator[str]:
        rest = list(operands)
        name = rest.pop(0) if rest and rest[0].isalpha() else "a"
        words = self._memory(name)
        if not 1 <= len(rest) <= 2:
            raise UserError("mem has an address", hint="Write mem r 0 4, for example.")
        if not len(words):
            raise UserError(f"Memory {name} has no words")
        first = _number(rest[:1], "ADDRESS", 0, range(len(words)))
        count = _number(rest[1:], "N", 1, range(1, len(words) - first + 1))
        for address, word in enumerate(words[first : first + count].tolist(), first):
            texts = (":".join(map(str, each)) if name == "c" else str(each) for each in word)
            yield f"{name}[{address}] = {' '.join(texts)}"

    def _memory(self, name: str) -> np.ndarray:
        """A memory by its letter: words, and what each of them has."""
        program, memories = self._program, self.simulator.outcome().memories
        match name:
            case "a":
                return memories.activations
            case "r":
                return memories.result
            case "w":
                return program.weights
            case "c":
                return program.constants
            case "g":
                return np.array(program.arguments).reshape(-1, program.unit.warps)
        raise UserError(f"There is no memory {shown(name)}", hint="It is a, r, w, c or g.")

    def _list(self, operands: Sequence[str]) -> Iterator[str]:
        warps = self.simulator.outcome().warps
        at = self._address(operands[0]) if operands else warps[self.warp].pc
        labels = {address: name for name, address in self._program.names.labels.items()}
        here = {warp.pc for warp in warps}
        for address in range(max(0, at - _AROUND), min(len(self._program.code), at + _AROUND + 1)):
            if address in labels:
                yield f"{labels[address]}:"
            marks = (
                f"{'*' if address in self._breakpoints else ' '}{'>' if address in here else ' '}"
            )
            yield f"{marks}{address:5}  {instruction_at(self._program, address)}"

    # Session ----------------------------------------------------------------------------------

    def _help(self, operands: Sequence[str]) -> Iterator[str]:
        for usage, text in COMMANDS.items():
            yield f"{usage:26} {text}"

    def _quit(self, operands: Sequence[str]) -> Iterator[str]:
        self.ended = True
        return iter(())


def _number(operands: Sequence[str], name: str, default: int, allowed: range) -> int:
    """The number of an operand, if there is one."""
    if not operands:
        return default
    try:
        value = int(operands[0], 0)
    except ValueError:
        raise UserError(
            f"{shown(operands[0])} is no number",
            hint=f"Write {name} in [{allowed[0]}, {allowed[-1]}].",
        ) from None
    if value not in allowed:
        raise UserError(f"{name} must be in [{allowed[0]}, {allowed[-1]}], not {value}")
    return value
