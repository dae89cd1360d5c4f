"""A small accelerator for the tests of the verification itself: its core only adds and negates."""

from pathlib import Path

import numpy as np
import pytest
from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import wiring

from hawx_hw.gateware.accelerator import Accelerator
from hawx_hw.gateware.core_interface import CoreSignature
from hawx_hw.gateware.hierarchy import Emission
from hawx_hw.gateware.memories import ParameterMemory, SimpleDualPortRam
from hawx_hw.gateware.parameter_loader import parameter_packet
from hawx_hw.gateware.register_map import RegisterConstant, accelerator_registers
from hawx_hw.gateware.shell import CYCLES_AFTER_DONE, CYCLES_BEFORE_START
from hawx_hw.gateware.verilog import verilog_modules
from hawx_hw.gateware.write_trace import WriteTrace
from hawx_hw.util.resources import rtl_templates
from hawx_hw.verification.job import Job, LayerTrace, register_table

SHAPE, WORD_CODES = (6, 4, 5), 4
SALT = 0x05030201
CONSTANTS = (RegisterConstant("rows", 3, "Rows."), RegisterConstant("columns", 5, "Columns."))
IDENTITY = {"constants": CONSTANTS, "config_hash": 0x600D600D, "version": "0.1.0"}


class TinyCore(wiring.Component):
    """Two layers over a memory of words: the first negates each word, the second adds a salt to it.

    **Latency**: two cycles a word and layer, and as long as the result buffer is not free.
    """

    def __init__(self, signature):
        self._signature = signature
        super().__init__(signature)

    def elaborate(self, platform):
        m = Module()
        words = self._signature.image_layout.words
        width = 8 * self._signature.word_codes
        m.submodules.memory = memory = SimpleDualPortRam(width, 2 * words)
        salt = Signal(width)
        if self._signature.loadable:
            m.submodules.salts = salts = ParameterMemory(width, 1)
            m.d.comb += [
                salts.write.enable.eq(self.parameter.valid & (self.parameter.memory == 0)),
                salts.write.data.eq(self.parameter.data),
                salts.read.enable.eq(self.start),
                salt.eq(salts.read.data),
            ]
        else:
            m.d.comb += salt.eq(Const(SALT, width))

        address = Signal(range(words))
        store, last, waiting = Signal(), Signal(), Signal()
        value = Signal(width)
        numbers = range(self._signature.word_codes)
        old = [memory.read.data.word_select(number, 8) for number in numbers]
        negated = Cat((~byte)[:8] for byte in old)
        added = Cat((byte + salt.word_select(number, 8))[:8] for number, byte in enumerate(old))
        m.d.comb += [
            self.layer_done.eq(store & last),
            self.done.eq(store & last & self.layer),
            self.input_release.eq(store & last & ~self.layer),
            last.eq(address == words - 1),
            waiting.eq(self.layer & ~self.result_free),
            value.eq(Mux(self.layer, added, negated)),
            self.image.ready.eq(~store),
            memory.read.enable.eq(self.busy & ~store & ~waiting),
            # The second layer reads what the first has stored behind the image.
            memory.read.address.eq(address + Mux(self.layer, words, 0)),
            self.result.valid.eq(store & self.layer),
            self.result.address.eq(address),
            self.result.data.eq(value),
        ]
        with m.If(store & ~self.layer):
            m.d.comb += [
                memory.write.enable.eq(1),
                memory.write.address.eq(address + words),
                memory.write.data.eq(value),
            ]
        with m.Else():
            m.d.comb += [
                memory.write.enable.eq(self.image.valid & self.image.ready),
                memory.write.address.eq(self.image.p.address),
                memory.write.data.eq(self.image.p.data),
            ]
        with m.If(self.start):
            m.d.sync += self.busy.eq(1)
        with m.If(self.busy):
            m.d.sync += store.eq(~store & ~waiting)
            with m.If(store):
                m.d.sync += address.eq(Mux(last, 0, address + 1))
                with m.If(last):
                    m.d.sync += [self.layer.eq(~self.layer), self.busy.eq(~self.layer)]
        stored_at = Signal(range(2 * words))
        m.d.comb += stored_at.eq(address + Mux(self.layer, 0, words))
        trace = WriteTrace(self._signature, stored_at.shape())
        trace.show(m, valid=store, address=stored_at, data=value, layer=self.layer)
        return m


def signature_of(loadable):
    memories = [(8 * WORD_CODES, 1)] if loadable else []
    return CoreSignature(
        word_codes=WORD_CODES, image_shape=SHAPE, result_shape=SHAPE, layers=2, memories=memories
    )


def emit(folder: Path, *, loadable=False) -> Path:
    """Write the accelerator into ``folder`` the way the emission of a real one does."""
    signature = signature_of(loadable)
    emission = Emission()
    emission.define(
        "hawx_accelerator", Accelerator(signature, lambda: TinyCore(signature), **IDENTITY)
    )
    names = ["hawx_sdp_ram.v", "hawx_sp_ram.v", "hawx_rom.v"]
    (folder / "rtl").mkdir(parents=True)
    (folder / "mem").mkdir()
    for name in (*names, "hawx_waivers.vlt"):
        (folder / "rtl" / name).write_bytes((rtl_templates() / name).read_bytes())
    for name, text in verilog_modules(emission).items():
        (folder / "rtl" / f"{name}.v").write_text(text)
        names.append(f"{name}.v")
    (folder / "rtl" / "filelist.f").write_text("\n".join(names))
    return folder


def make_job(*, loadable=False, images=6, traced=2, **changes) -> Job:
    """What the accelerator must do, said without looking at it."""
    signature = signature_of(loadable)
    layout = signature.image_layout
    rng = np.random.default_rng(4)
    packets = rng.integers(0, 256, (images, layout.bytes), dtype=np.uint8)
    salt = 0x11223344 if loadable else SALT

    def words(packet):
        return (
            np.array(layout.words_of(packet.tobytes()), dtype="<u4").view(np.uint8).reshape(-1, 4)
        )

    negated = np.array([255 - words(packet) for packet in packets])
    added = negated + np.array([salt], dtype="<u4").view(np.uint8)
    results = [
        np.frombuffer(layout.packet_of(list(image.view("<u4").ravel())), dtype=np.uint8)
        for image in added
    ]
    rows, columns = SHAPE[1:]
    place = np.array(
        [(word % (rows * columns) // columns, word % columns) for word in range(layout.words)]
    )
    first = np.arange(layout.words) // (rows * columns) * WORD_CODES
    channels = first[:, None] + np.arange(WORD_CODES)
    channels[channels >= SHAPE[0]] = -1
    # Two cycles a word; the start takes one more, and so does the end of the last store.
    cycles = (2 * layout.words, 2 * layout.words)
    addresses = np.arange(layout.words)
    layers = (
        LayerTrace(
            "negate",
            cycles[0],
            addresses + layout.words,
            negated[:traced],
            place,
            channels,
        ),
        LayerTrace("add", cycles[1], addresses, added[:traced], place, channels),
    )
    job = {
        "name": "tiny",
        "images": packets,
        "results": np.array(results),
        "layers": layers,
        "cycles": layout.bytes
        + CYCLES_BEFORE_START
        + sum(cycles)
        + CYCLES_AFTER_DONE
        + layout.bytes,
        "registers": register_table(accelerator_registers(signature, **IDENTITY)),
        "parameters": parameter_packet(signature.memories, [[salt]]) if loadable else b"",
        "seed": 1,
    }
    return Job(**(job | changes))


@pytest.fixture(name="make_job", scope="session")
def make_job_fixture():
    return make_job


@pytest.fixture(name="emit", scope="session")
def emit_fixture():
    return emit


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """The accelerator with built-in parameters; not to be changed."""
    return emit(tmp_path_factory.mktemp("tiny") / "accelerator")
