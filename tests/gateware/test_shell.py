import random
import re

import pytest

from hawx_hw.gateware.core_interface import CoreSignature
from hawx_hw.gateware.debug import DebugFormat
from hawx_hw.gateware.hierarchy import Emission
from hawx_hw.gateware.parameter_loader import parameter_packet
from hawx_hw.gateware.register_map import ID, RegisterConstant, errors_of
from hawx_hw.gateware.shell import CYCLES_AFTER_DONE, CYCLES_BEFORE_START, Shell, shell_memories
from hawx_hw.gateware.simulation import (
    axi_lite_read,
    axi_lite_write,
    packet_get,
    packet_put,
    simulate,
    stream_put,
    until,
)
from hawx_hw.gateware.trap import TrapFormat

START, AUTO, LOAD, FLUSH = 1, 2, 4, 8
BUSY, DONE, IMAGE_READY, RESULT_PENDING, LOADED, EXPECTED, ERROR = (1 << bit for bit in range(7))
MEMORIES = ((16, 3), (20, 2))
ROM = CoreSignature(word_codes=4, image_shape=(3, 2, 3), result_shape=(5,), layers=3)
LOADABLE = CoreSignature(
    word_codes=2, image_shape=(3, 2, 2), result_shape=(3, 1, 2), layers=2, memories=MEMORIES
)
CONSTANTS = (RegisterConstant("rows", 4, "Rows."), RegisterConstant("columns", 5, "Columns."))


def ref_core(signature, packet, contents=()):
    """What :class:`Core` computes: sums over the image, salted with the parameters."""
    salt = sum(word for words in contents for word in words)
    return bytes(
        (sum(packet) * (3 + i) + packet[i % len(packet)] + salt + i) % 256
        for i in range(signature.result_layout.bytes)
    )


class Core:
    """A core as a testbench: keeps the contract, and takes its time where it may."""

    def __init__(self, shell, *, layer_cycles, seed=None):
        self.port = shell.core
        self.signature = shell.core_signature
        self.layer_cycles = layer_cycles
        self.rng = None if seed is None else random.Random(seed)
        self.image = [None] * self.signature.image_layout.words
        self.parameters = [[None] * depth for _, depth in self.signature.memories]
        self.durations = []
        self.starts = 0

    def stall(self):
        return self.rng is not None and self.rng.random() < 0.3

    async def memories(self, ctx):
        """Takes image and parameter words."""
        image = self.port.image
        parameter = getattr(self.port, "parameter", None)
        watched = [image.valid, image.ready, image.payload, self.port.start]
        if parameter is not None:
            watched += [parameter.valid, parameter.memory, parameter.address, parameter.data]
        ctx.set(image.ready, 1)
        while True:
            _, _, valid, ready, word, start, *loaded = await ctx.tick().sample(*watched)
            if valid and ready:
                self.image[word.address] = word.data
            if start:
                assert not (valid and ready), "the image is whole when the core starts"
            if loaded and loaded[0]:
                assert not ctx.get(self.port.busy), "parameters never change under an inference"
                _, memory, address, data = loaded
                self.parameters[memory][address] = data % 2 ** self.signature.memories[memory][0]
            ctx.set(image.ready, not self.stall())

    async def run(self, ctx):
        port, layers = self.port, self.signature.layers
        while True:
            await until(ctx, port.start)
            self.starts += 1
            ctx.set(port.busy, 1)
            packet = self.signature.image_layout.packet_of(self.image)
            words = list(self.image)
            result = ref_core(self.signature, packet, self.parameters)
            durations = []
            for layer, cycles in enumerate(self.layer_cycles):
                ctx.set(port.layer, layer)
                spent = 1
                if layer == layers - 1:
                    while not ctx.get(port.result_free):
                        assert not ctx.get(port.start)
                        await ctx.tick()
                        spent += 1
                    spent += await self.write(ctx, result)
                while spent < cycles or self.stall():
                    await ctx.tick()
                    spent += 1
                durations.append(spent)
                if layer == 0:
                    assert self.image == words, "the image stays until it is released"
                    ctx.set(port.input_release, 1)
                if layer == layers - 1:
                    ctx.set(port.done, 1)
                ctx.set(port.layer_done, 1)
                await ctx.tick()
                ctx.set(port.layer_done, 0)
                ctx.set(port.input_release, 0)
            ctx.set(port.done, 0)
            ctx.set(port.busy, 0)
            self.durations.append(durations)

    async def write(self, ctx, result):
        layout = self.signature.result_layout
        words = layout.words_of(result)
        spent = 0
        for address in reversed(range(layout.words)):
            while self.stall():
                await ctx.tick()
                spent += 1
            ctx.set(self.port.result.valid, 1)
            ctx.set(self.port.result.address, address)
            ctx.set(self.port.result.data, words[address])
            await ctx.tick()
            spent += 1
            ctx.set(self.port.result.valid, 0)
        return spent


class Bench:
    """A shell, its core, and all that comes out of its ports."""

    def __init__(self, signature=ROM, *, seed=None, layer_cycles=None):
        self.signature = signature
        self.shell = Shell(signature, constants=CONSTANTS, config_hash=0x12345678, version="0.1.0")
        self.seed = seed
        layer_cycles = layer_cycles or [12 + 3 * i for i in range(signature.layers)]
        self.core = Core(self.shell, layer_cycles=layer_cycles, seed=seed)
        self.results = []
        self.cycle = 0
        self.first_in, self.last_out = [], []

    def rng(self, number):
        return None if self.seed is None else random.Random(self.seed * 10 + number)

    def packets(self, count, seed=1):
        rng = random.Random(seed)
        return [rng.randbytes(self.signature.image_layout.bytes) for _ in range(count)]

    def run(self, *testbenches, sink=True):
        background = [self.core.memories, self.core.run, self.measure]
        simulate(self.shell, *testbenches, background=[*background, *([self.sink] if sink else [])])

    async def measure(self, ctx):
        s, d = self.shell.s_axis, self.shell.m_axis
        begins = True
        while True:
            (
                _,
                _,
                in_valid,
                in_ready,
                in_beat,
                out_valid,
                out_ready,
                out_beat,
            ) = await ctx.tick().sample(s.valid, s.ready, s.payload, d.valid, d.ready, d.payload)
            if in_valid and in_ready:
                if begins:
                    self.first_in.append(self.cycle)
                begins = in_beat["last"]
            if out_valid and out_ready and out_beat["last"]:
                self.last_out.append(self.cycle)
            self.cycle += 1

    async def sink(self, ctx):
        rng = self.rng(1)
        while True:
            self.results.append(await packet_get(ctx, self.shell.m_axis, stalls=rng))

    async def send(self, ctx, packet):
        await packet_put(ctx, self.shell.s_axis, packet, stalls=self.rng(2))

    def address(self, name):
        return self.shell.register_map[name].address

    async def write(self, ctx, name, value):
        assert await axi_lite_write(ctx, self.shell.s_axil, self.address(name), value) == 0

    async def read(self, ctx, name, index=0):
        value, response = await axi_lite_read(
            ctx, self.shell.s_axil, self.address(name) + 4 * index
        )
        assert response == 0
        return value

    async def errors(self, ctx):
        word = await self.read(ctx, "error")
        return {name for bit, name in enumerate(errors_of(self.signature)) if word >> bit & 1}

    async def wait_results(self, ctx, count):
        while len(self.results) < count:
            await ctx.tick()


def expected(bench, packets, contents=()):
    return [ref_core(bench.signature, packet, contents) for packet in packets]


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_back_to_back_images_in_auto_mode(seed):
    bench = Bench(seed=seed)
    packets = bench.packets(6)

    async def host(ctx):
        await bench.write(ctx, "control", AUTO)
        for packet in packets:
            await bench.send(ctx, packet)
        await bench.wait_results(ctx, len(packets))
        assert await bench.read(ctx, "images_done") == len(packets)
        assert await bench.read(ctx, "images_dropped") == 0
        assert await bench.errors(ctx) == set()
        durations = bench.core.durations[-1]
        layers = [await bench.read(ctx, "layer_cycles", i) for i in range(3)]
        assert layers == durations
        assert await bench.read(ctx, "cycles") == sum(durations)

    bench.run(host)
    assert bench.results == expected(bench, packets)


@pytest.mark.parametrize(
    "signature",
    [ROM, CoreSignature(word_codes=1, image_shape=(1, 1, 1), result_shape=(1,), layers=1)],
)
def test_cycles_of_a_single_image_are_the_documented_sum(signature):
    bench = Bench(signature)
    packets = bench.packets(3)

    async def host(ctx):
        await bench.write(ctx, "control", AUTO)
        for number, packet in enumerate(packets, 1):
            await bench.send(ctx, packet)
            await bench.wait_results(ctx, number)

    bench.run(host)
    cycles = [last - first + 1 for first, last in zip(bench.first_in, bench.last_out, strict=True)]
    assert cycles == [
        signature.image_layout.bytes
        + CYCLES_BEFORE_START
        + sum(durations)
        + CYCLES_AFTER_DONE
        + signature.result_layout.bytes
        for durations in bench.core.durations
    ]


@pytest.mark.parametrize("seed", [None, 1, 2])
@pytest.mark.parametrize("order", ["start first", "image first"])
def test_start_runs_one_inference_on_the_next_whole_image(order, seed):
    bench = Bench(seed=seed)
    packets = bench.packets(3)

    async def host(ctx):
        for number, packet in enumerate(packets, 1):
            if order == "start first":
                await bench.write(ctx, "control", START)
                await ctx.tick().repeat(5)
                assert await bench.read(ctx, "status") & (BUSY | IMAGE_READY) == BUSY
                await bench.send(ctx, packet)
            else:
                await bench.send(ctx, packet)
                await ctx.tick().repeat(20)
                assert await bench.read(ctx, "status") & (BUSY | IMAGE_READY) == IMAGE_READY
                await bench.write(ctx, "control", START)
            await bench.wait_results(ctx, number)
            status = await bench.read(ctx, "status")
            assert status & (BUSY | DONE | RESULT_PENDING | LOADED | ERROR) == DONE | LOADED
            await bench.write(ctx, "status", DONE)
            assert not await bench.read(ctx, "status") & DONE

    bench.run(host)
    assert bench.results == expected(bench, packets)


@pytest.mark.parametrize("seed", [None, 1])
def test_start_while_busy_is_reported_and_ignored(seed):
    bench = Bench(seed=seed, layer_cycles=[40, 40, 40])
    packets = bench.packets(2)

    async def host(ctx):
        await bench.write(ctx, "control", START)
        await bench.write(ctx, "control", START)
        assert await bench.errors(ctx) == {"start_while_busy"}
        assert await bench.read(ctx, "status") & ERROR
        await bench.write(ctx, "error", 1)
        assert await bench.errors(ctx) == set()
        await bench.send(ctx, packets[0])
        await ctx.tick().repeat(10)
        await bench.write(ctx, "control", START)
        assert await bench.errors(ctx) == {"start_while_busy"}
        await bench.send(ctx, packets[1])
        await bench.wait_results(ctx, 1)
        await ctx.tick().repeat(200)
        assert bench.core.starts == 1, "a refused start is forgotten"
        await bench.write(ctx, "control", START)
        await bench.wait_results(ctx, 2)

    bench.run(host)
    assert bench.results == expected(bench, packets)


@pytest.mark.parametrize("seed", [None, 1, 2])
@pytest.mark.parametrize("error", ["image_truncated", "image_overlong"])
def test_wrong_packets_are_dropped_and_the_next_image_is_right(error, seed):
    bench = Bench(seed=seed)
    good, other = bench.packets(2)
    size = len(good)
    lengths = (1, size // 2, size - 1) if error == "image_truncated" else (size + 1, 2 * size)

    async def host(ctx):
        await bench.write(ctx, "control", AUTO)
        for number, length in enumerate(lengths, 1):
            await bench.send(ctx, (other * 3)[:length])
            await ctx.tick().repeat(3)
            assert await bench.errors(ctx) == {error}
            await bench.write(ctx, "error", 0xFFFFFFFF)
            await bench.send(ctx, good)
            await bench.wait_results(ctx, number)
            assert await bench.read(ctx, "images_dropped") == number
            assert await bench.errors(ctx) == set()

    bench.run(host)
    assert bench.results == expected(bench, [good] * len(lengths))


def test_input_stops_while_the_image_is_in_use_and_goes_on_at_its_release():
    bench = Bench(layer_cycles=[60, 60, 60])
    packets = bench.packets(3)
    accepted = []

    async def host(ctx):
        await bench.write(ctx, "control", AUTO)
        for packet in packets:
            await bench.send(ctx, packet)
            accepted.append(len(bench.results))
        await bench.wait_results(ctx, 3)

    bench.run(host)
    assert bench.results == expected(bench, packets)
    assert accepted == [0, 0, 1], "the next image comes in while the present one is computed"


@pytest.mark.parametrize("hold", [0, 300])
def test_result_is_kept_until_it_is_sent(hold):
    bench = Bench(layer_cycles=[12, 12, 12])
    packets = bench.packets(3)

    async def host(ctx):
        await bench.write(ctx, "control", AUTO)
        for packet in packets:
            await bench.send(ctx, packet)

    async def slow_sink(ctx):
        for _ in packets:
            for _ in range(hold):
                await ctx.tick()
            bench.results.append(await packet_get(ctx, bench.shell.m_axis))

    bench.run(host, slow_sink, sink=False)
    assert bench.results == expected(bench, packets)


def test_interrupt():
    bench = Bench()
    (packet,) = bench.packets(1)

    async def host(ctx):
        async def irq():
            await ctx.tick()
            return ctx.get(bench.shell.irq)

        await bench.write(ctx, "control", START)
        await bench.send(ctx, packet)
        await bench.wait_results(ctx, 1)
        assert await bench.read(ctx, "irq_status") == 1
        assert not await irq()
        await bench.write(ctx, "irq_enable", 1)
        assert await irq()
        await bench.write(ctx, "status", DONE)
        assert not await irq()

        await bench.send(ctx, packet[:2])
        await ctx.tick().repeat(2)
        assert await bench.read(ctx, "irq_status") == 2
        assert not await irq()
        await bench.write(ctx, "irq_enable", 3)
        assert await irq()
        await bench.write(ctx, "error", 0xFF)
        assert not await irq()
        assert await bench.read(ctx, "irq_status") == 0

    bench.run(host)


def test_constants():
    bench = Bench()

    async def host(ctx):
        values = {
            "id": ID,
            "version": 0x00010000,
            "config_hash": 0x12345678,
            "rows": 4,
            "columns": 5,
        }
        values |= {"word_codes": 4, "layers": 3, "image_bytes": 18, "result_bytes": 5}
        for name, value in (values | {"parameter_bytes": 0}).items():
            assert await bench.read(ctx, name) == value, name

    bench.run(host)


@pytest.mark.parametrize("sent", [0, 1, 9, 18])
def test_flush(sent):
    bench = Bench()
    first, second = bench.packets(2)

    async def host(ctx):
        await bench.write(ctx, "control", START)
        beats = [{"data": byte, "last": i == 17} for i, byte in enumerate(first)]
        if sent < 18:
            await stream_put(ctx, bench.shell.s_axis, beats[:sent])
        else:
            await bench.write(ctx, "control", FLUSH)
            await stream_put(ctx, bench.shell.s_axis, beats)
            await ctx.tick().repeat(3)
            assert await bench.read(ctx, "status") & IMAGE_READY
        await bench.write(ctx, "control", FLUSH)
        assert await bench.read(ctx, "status") == LOADED
        assert await bench.read(ctx, "images_dropped") == (sent > 0)
        await bench.write(ctx, "control", START | FLUSH)
        await bench.send(ctx, second)
        await bench.wait_results(ctx, 1)
        assert await bench.errors(ctx) == set()

    bench.run(host)
    assert bench.results == expected(bench, [second])


def contents_of(seed):
    rng = random.Random(seed)
    return [[rng.getrandbits(width) for _ in range(depth)] for width, depth in MEMORIES]


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
@pytest.mark.parametrize("control", [0, AUTO])
def test_parameters_are_loaded_and_replaced(seed, control):
    bench = Bench(LOADABLE, seed=seed)
    packets = bench.packets(6)
    loads = [contents_of(1), contents_of(2)]

    async def host(ctx):
        assert await bench.read(ctx, "parameter_bytes") == 12
        assert not await bench.read(ctx, "status") & LOADED
        for number, packet in enumerate(packets):
            if number % 3 == 0:
                await bench.write(ctx, "control", control | LOAD)
                assert await bench.read(ctx, "status") & EXPECTED
                await bench.send(ctx, parameter_packet(MEMORIES, loads[number // 3]))
                await ctx.tick().repeat(2)
                assert await bench.read(ctx, "status") & (LOADED | EXPECTED) == LOADED
            await bench.send(ctx, packet)
            if not control:
                await bench.write(ctx, "control", START)
                await bench.wait_results(ctx, number + 1)
        await bench.wait_results(ctx, len(packets))
        assert await bench.errors(ctx) == set()

    bench.run(host)
    assert bench.results == [
        ref_core(LOADABLE, packet, loads[number // 3]) for number, packet in enumerate(packets)
    ]


@pytest.mark.parametrize("seed", [None, 1])
def test_images_before_parameters(seed):
    bench = Bench(LOADABLE, seed=seed)
    packets = bench.packets(3)

    async def host(ctx):
        await bench.write(ctx, "control", START)
        assert await bench.errors(ctx) == {"start_without_parameters"}
        assert not await bench.read(ctx, "status") & BUSY
        await bench.write(ctx, "error", 2)

        await bench.send(ctx, packets[0])
        await ctx.tick().repeat(10)
        assert await bench.errors(ctx) == set(), "an image may wait for the parameters"
        await bench.write(ctx, "control", AUTO)
        await ctx.tick()
        assert await bench.errors(ctx) == {"start_without_parameters"}
        assert await bench.read(ctx, "images_dropped") == 1
        assert not await bench.read(ctx, "status") & IMAGE_READY
        await bench.write(ctx, "error", 2)

        await bench.write(ctx, "control", 0)
        await bench.send(ctx, packets[1])
        await bench.write(ctx, "control", LOAD)
        await bench.send(ctx, parameter_packet(MEMORIES, contents_of(1)))
        await ctx.tick().repeat(2)
        await bench.write(ctx, "control", START)
        await bench.wait_results(ctx, 1)
        assert await bench.errors(ctx) == set()

    bench.run(host)
    assert bench.results == expected(bench, [packets[1]], contents_of(1))


@pytest.mark.parametrize("seed", [None, 1])
@pytest.mark.parametrize(
    ("length", "error"),
    [(1, "parameters_truncated"), (11, "parameters_truncated"), (13, "parameters_overlong")],
)
def test_wrong_parameters(length, error, seed):
    bench = Bench(LOADABLE, seed=seed)
    (packet,) = bench.packets(1)

    async def host(ctx):
        await bench.write(ctx, "control", LOAD)
        await bench.send(ctx, parameter_packet(MEMORIES, contents_of(1)))
        await bench.write(ctx, "control", LOAD)
        await bench.send(ctx, bytes(length))
        await ctx.tick().repeat(3)
        assert await bench.errors(ctx) == {error}
        assert not await bench.read(ctx, "status") & LOADED
        await bench.write(ctx, "error", 0xFF)
        await bench.write(ctx, "control", LOAD)
        await bench.send(ctx, parameter_packet(MEMORIES, contents_of(2)))
        await bench.write(ctx, "control", AUTO)
        await bench.send(ctx, packet)
        await bench.wait_results(ctx, 1)
        assert await bench.errors(ctx) == set()

    bench.run(host)
    assert bench.results == expected(bench, [packet], contents_of(2))


def test_an_image_that_waits_while_parameters_come_in_starts_with_the_new_ones():
    bench = Bench(LOADABLE)
    (packet,) = bench.packets(1)
    loads = parameter_packet(MEMORIES, contents_of(1)), parameter_packet(MEMORIES, contents_of(2))

    async def host(ctx):
        await bench.write(ctx, "control", LOAD)
        await bench.send(ctx, loads[0])
        await bench.send(ctx, packet)
        await bench.write(ctx, "control", LOAD)
        beats = [{"data": byte, "last": i == 11} for i, byte in enumerate(loads[1])]
        await stream_put(ctx, bench.shell.s_axis, beats[:5])
        await bench.write(ctx, "control", START)
        await ctx.tick().repeat(10)
        assert bench.core.starts == 0
        await stream_put(ctx, bench.shell.s_axis, beats[5:])
        await bench.wait_results(ctx, 1)
        assert await bench.errors(ctx) == set()

    bench.run(host)
    assert bench.results == expected(bench, [packet], contents_of(2))


def test_parameters_wait_for_the_end_of_an_inference():
    bench = Bench(LOADABLE, layer_cycles=[80, 80])
    packets = bench.packets(2)

    async def host(ctx):
        await bench.write(ctx, "control", LOAD)
        await bench.send(ctx, parameter_packet(MEMORIES, contents_of(1)))
        for number, packet in enumerate(packets, 1):
            await bench.write(ctx, "control", START)
            await bench.send(ctx, packet)
            await bench.write(ctx, "control", LOAD)
            await bench.send(ctx, parameter_packet(MEMORIES, contents_of(1 + number)))
            await bench.wait_results(ctx, number)
        assert await bench.errors(ctx) == set()

    bench.run(host)
    assert bench.results == [
        ref_core(LOADABLE, packet, contents_of(number)) for number, packet in enumerate(packets, 1)
    ]


@pytest.mark.parametrize("signature", [ROM, LOADABLE])
def test_the_memories_are_those_of_the_emitted_shell(signature):
    emission = Emission()
    emission.define("shell", Shell(signature, config_hash=0, version="0.1.0"))
    emitted = {}
    for name, text in emission.modules.items():
        if "cell \\hawx_sdp_ram " in text:
            size = [re.search(rf"\\{key} (?:\d+'[01]*|\d+)", text)[0] for key in ("WIDTH", "DEPTH")]
            emitted[name.removeprefix("hawx_")] = tuple(
                int(value.split("'")[-1], 2 if "'" in value else 10)
                for value in (each.split()[1] for each in size)
            )
    assert emitted == {name: (width, depth) for name, width, depth in shell_memories(signature)}


TRAPPING = CoreSignature(
    word_codes=8,
    image_shape=(1, 3, 5),
    result_shape=(5,),
    layers=1,
    image_pixels_per_word=4,
    trap=TrapFormat({"encoding": "", "loop": "", "store": ""}, 4, 12, 20),
)


@pytest.mark.parametrize("signature", [ROM, TRAPPING])
def test_only_a_core_that_traps_has_a_recorder(signature):
    emission = Emission()
    emission.define("shell", Shell(signature, config_hash=0, version="0.1.0"))
    assert ("hawx_trap_recorder" in emission.modules) == (signature is TRAPPING)


class TrappingCore(Core):
    """Gives up the inferences whose numbers are given, from 0."""

    given_up: tuple[int, ...] = ()
    reports = ((2, 3, 0xABC, 0x12345), (1, 0, 0x001, 0x00007))

    async def run(self, ctx):
        port = self.port
        while True:
            await until(ctx, port.start)
            self.starts += 1
            ctx.set(port.busy, 1)
            packet = self.signature.image_layout.packet_of(self.image)
            await ctx.tick().repeat(5)
            if self.starts - 1 in self.given_up:
                cause, source, address, value = self.reports[
                    self.given_up.index(self.starts - 1) % 2
                ]
                for name, number in (
                    ("valid", 1), ("cause", cause), ("source", source),
                    ("address", address), ("value", value),
                ):  # fmt: skip
                    ctx.set(getattr(port.trap, name), number)
            else:
                await self.write(ctx, ref_core(self.signature, packet))
                ctx.set(port.done, 1)
            ctx.set(port.input_release, 1)
            await ctx.tick()
            for signal in (port.trap.valid, port.done, port.input_release, port.busy):
                ctx.set(signal, 0)


def test_a_trap_is_reported_and_the_next_image_is_right():
    bench = Bench(TRAPPING)
    bench.core = TrappingCore(bench.shell, layer_cycles=[1])
    bench.core.given_up = (1, 2)
    packets = bench.packets(4)

    async def host(ctx):
        await bench.write(ctx, "control", AUTO)
        for packet in packets[:3]:
            await bench.send(ctx, packet)
            await ctx.tick().repeat(40)
        assert await bench.errors(ctx) == {"core_trap"}
        assert await bench.read(ctx, "status") & (BUSY | ERROR) == ERROR
        # The first one since FLUSH.
        assert await bench.read(ctx, "trap") == 1 | 3 << 8 | 2 << 16
        assert await bench.read(ctx, "trap_pc") == 0xABC
        assert await bench.read(ctx, "trap_value") == 0x12345
        await bench.write(ctx, "control", AUTO | FLUSH)
        await bench.write(ctx, "error", 0xFFFFFFFF)
        assert await bench.read(ctx, "trap") & 1 == 0
        assert await bench.errors(ctx) == set()
        await bench.send(ctx, packets[3])
        await bench.wait_results(ctx, 2)
        assert await bench.read(ctx, "images_done") == 2

    bench.run(host)
    assert bench.core.starts == 4
    assert bench.results == expected(bench, [packets[0], packets[3]])


class EndlessCore(Core):
    """Ends nothing by itself: notes the cycle, from 0, in which the watchdog comes."""

    async def run(self, ctx):
        port, self.expired = self.port, []
        while True:
            await until(ctx, port.start)
            ctx.set(port.busy, 1)
            cycle = 0
            while not ctx.get(port.watchdog):
                await ctx.tick()
                cycle += 1
            self.expired.append(cycle)
            for signal in (port.trap.valid, port.input_release):
                ctx.set(signal, 1)
            await ctx.tick()
            for signal in (port.trap.valid, port.input_release, port.busy):
                ctx.set(signal, 0)


def test_the_watchdog_ends_inferences_in_its_cycle():
    limits = (1, 2, 37)
    bench = Bench(TRAPPING)
    bench.core = EndlessCore(bench.shell, layer_cycles=[1])
    packets = bench.packets(5)

    async def host(ctx):
        for limit, packet in zip(limits, packets, strict=False):
            # What an earlier inference has taken does not count.
            await ctx.tick().repeat(50)
            await bench.write(ctx, "watchdog", limit)
            assert await bench.read(ctx, "watchdog") == limit
            await bench.write(ctx, "control", START)
            await bench.send(ctx, packet)
            await ctx.tick().repeat(60)
            assert await bench.errors(ctx) == {"core_trap"}
            await bench.write(ctx, "error", 0xFFFFFFFF)
        await bench.write(ctx, "watchdog", 0)
        await bench.write(ctx, "control", START)
        await bench.send(ctx, packets[3])
        await ctx.tick().repeat(200)
        assert await bench.read(ctx, "status") & BUSY
        assert len(bench.core.expired) == len(limits)
        # A number below what has passed ends it at once.
        await bench.write(ctx, "watchdog", 100)
        await ctx.tick().repeat(10)
        assert not await bench.read(ctx, "status") & BUSY
        assert bench.core.expired[-1] > 200

    bench.run(host)
    assert bench.core.expired[:-1] == list(limits)
    assert bench.results == []


DEBUGGED = CoreSignature(
    word_codes=4,
    image_shape=(3, 2, 3),
    result_shape=(5,),
    layers=3,
    debug=DebugFormat(5, 12, {"pc": "", "scalar": ""}),
)


def test_debugging_goes_through_registers():
    bench = Bench(DEBUGGED)
    port = bench.shell.core.debug
    pulses, steps = [], []

    async def core(ctx):
        ctx.set(port.data, 0x1234)
        watched = [port.halt, port.resume, port.step, port.source, port.break_enable]
        while True:
            _, _, halt, resume, step, source, stops = await ctx.tick().sample(*watched)
            if halt or resume:
                pulses.append("halt" if halt else "resume")
                ctx.set(port.halted, halt)
            if step:
                steps.append((source, stops))

    async def host(ctx):
        await bench.write(ctx, "debug_control", 1)
        assert await bench.read(ctx, "debug_status") == 1
        for name, value in (("still", 1), ("ready", 0b10110), ("ended", 0b01001)):
            ctx.set(getattr(port, name), value)
        assert await bench.read(ctx, "debug_status") == 0b01001 << 16 | 0b10110 << 8 | 3
        await bench.write(ctx, "debug_control", 4 << 8 | 4)
        await bench.write(ctx, "debug_control", 3 << 8 | 8 | 4)
        await bench.write(ctx, "debug_control", 9 << 8 | 4)
        await bench.write(ctx, "debug_control", 3 << 8 | 8 | 2)
        assert await bench.read(ctx, "debug_control") == 3 << 8 | 8
        await bench.write(ctx, "debug_break", 0x9AB)
        assert ctx.get(port.break_address) == 0x9AB
        await bench.write(ctx, "debug_index", 1 << 24 | 4 << 16 | 7 << 8 | 9)
        assert ctx.get(port.index) == {"kind": 1, "source": 4, "part": 7, "number": 9}
        assert await bench.read(ctx, "debug_data") == 0x1234
        assert await bench.read(ctx, "debug_status") & 1 == 0

    simulate(bench.shell, host, background=[core])
    assert pulses == ["halt", "resume"]
    # A number that no source has comes to the core as it is.
    assert steps == [(4, 0), (3, 1), (9, 0)]
