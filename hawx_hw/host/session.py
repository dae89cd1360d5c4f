"""Drives an accelerator behind the bridge: identifies it, loads parameters, runs images."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from hawx_hw.errors import UserError
from hawx_hw.gateware.core_interface import CoreSignature
from hawx_hw.gateware.register_map import ID, accelerator_registers, errors_of
from hawx_hw.gateware.trap import TrapFormat
from hawx_hw.host.connection import BrokenLineError, Connection
from hawx_hw.host.protocol import Command, Request

if TYPE_CHECKING:
    from hawx_hw.gateware.registers import Register, RegisterMap

__all__ = ["Identity", "Inference", "Session"]

#: A request of an earlier program may still be on its way when this one begins.
_ATTEMPTS = 3
#: Writes to STATUS and ERROR that clear everything.
_ALL = 0xFFFFFFFF


@dataclass(frozen=True)
class Identity:
    """What the accelerator reports of itself.

    Parameters
    ----------
    config_hash : int
        Of config and design.
    image_bytes, result_bytes, parameter_bytes : int
        Of the packets; there are no parameters to load where these have none.
    """

    config_hash: int
    image_bytes: int
    result_bytes: int
    parameter_bytes: int


@dataclass(frozen=True)
class Inference:
    """What the accelerator made of an image.

    Parameters
    ----------
    result : bytes
        The packet.
    cycles : int
        From start to done.
    """

    result: bytes
    cycles: int


class Session:
    """Talks to an accelerator.

    Parameters
    ----------
    connection : Connection
    timeout : float
        Seconds that an inference may take.
    """

    def __init__(self, connection: Connection, *, timeout: float = 10.0):
        self._connection = connection
        self._timeout = timeout
        self._registers = _common_registers()

    def identify(self) -> Identity:
        """Make sure that there is an accelerator, and ask what it is.

        Raises
        ------
        UserError
            There is none, or nothing that answers.
        """
        for attempt in range(_ATTEMPTS):
            try:
                observed = self.read("id")
                break
            except BrokenLineError:
                if attempt == _ATTEMPTS - 1:
                    raise
                self._connection.wait_for_silence()
        if observed != ID:
            raise UserError(
                f"The board's register ID reads {observed:#010x}, not {ID:#010x}.",
                where=self._connection.port,
                hint="Build the bitstream again, of the host top.",
            )
        names = ("config_hash", "image_bytes", "result_bytes", "parameter_bytes")
        return Identity(*map(self.read, names))

    def prepare(self, identity: Identity, *, reset: bool = False) -> None:
        """Bring it from any state to one in which it waits for a packet.

        Parameters
        ----------
        identity : Identity
        reset : bool
            Reset it, which takes loaded parameters away.
        """
        if reset:
            self._connection.ask(Request(Command.RESET))
        # What an interrupted packet left may be followed by one more byte that waited meanwhile.
        for _ in range(2):
            self.write("control", self._mask("control", "flush"))
            self._wait(lambda: self._idle(identity), "does not become idle")
        self.write("error", _ALL)
        self.write("status", _ALL)

    def load(self, packet: bytes) -> None:
        """Load parameters."""
        self.write("control", self._mask("control", "load_parameters"))
        self._connection.ask(Request.send(packet))
        loaded = self._mask("status", "parameters_loaded")
        self._wait(lambda: bool(self.read("status") & loaded), "has not taken its parameters")

    @property
    def loaded(self) -> bool:
        """Whether the parameters are in place."""
        return bool(self.read("status") & self._mask("status", "parameters_loaded"))

    def infer(self, packet: bytes, identity: Identity) -> Inference:
        """Run an image.

        Raises
        ------
        UserError
            Something came wrong, or there is no result; the message has the accelerator's errors.
        """
        self.write("control", self._mask("control", "auto"))
        self._connection.ask(Request.send(packet))
        pending = self._mask("status", "result_pending")
        self._wait(lambda: bool(self.read("status") & pending), "has no result")
        result = self._connection.ask(Request.result(identity.result_bytes)).data
        return Inference(result, self.read("cycles"))

    def read(self, name: str) -> int:
        """Value of a register that every accelerator has."""
        return self.read_at(self._registers[name].address)

    def read_at(self, address: int) -> int:
        """Value of the register at an address."""
        return int.from_bytes(self._connection.ask(Request.read(address)).data, "little")

    def write(self, name: str, value: int) -> None:
        """Set a register that every accelerator has."""
        self._connection.ask(Request.write(self._registers[name].address, value))

    def _mask(self, register: str, field: str) -> int:
        return _mask(self._registers[register], field)

    def _idle(self, identity: Identity) -> bool:
        """Whether it computes nothing; drops a result that waits."""
        status = self.read("status")
        if status & self._mask("status", "result_pending"):
            self._connection.ask(Request.result(identity.result_bytes))
            return False
        return not status & self._mask("status", "busy")

    def _wait(self, ready: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + self._timeout
        while not ready():
            if time.monotonic() > end:
                raise UserError(
                    f"The accelerator {what} after {self._timeout:g} s.{self._errors()}",
                    where=self._connection.port,
                    hint="Run the command again with --reset, or allow more with --timeout.",
                )

    def _errors(self) -> str:
        value = self.read("error")
        names = [each.name.upper() for each in self._registers["error"].fields if each.mask & value]
        return f" ERROR has {', '.join(names)} set." if names else ""


def _mask(register: Register, field: str) -> int:
    return next(each.mask for each in register.fields if each.name == field)


@cache
def _common_registers() -> RegisterMap:
    """Registers that are the same in every accelerator, at the same addresses."""
    trap = TrapFormat({"none": ""}, sources=1, address_bits=1, value_bits=1)
    core = CoreSignature(word_codes=1, image_shape=(1,), result_shape=(1,), layers=1, trap=trap)
    assert "core_trap" in errors_of(core)
    return accelerator_registers(core, config_hash=0, version="0.0.0")
