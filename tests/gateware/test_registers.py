from functools import partial

import pytest

from hawx_hw.gateware.registers import Access, Field, Register, RegisterFile, RegisterMap
from hawx_hw.gateware.simulation import simulate

MAP = RegisterMap(
    (
        Register("id", 0, "Who.", (Field("value", Access.CONSTANT, "x", width=32, reset=0xCAFE),)),
        Register(
            "mixed",
            8,
            "All kinds.",
            (
                Field("go", Access.W1S, "x", 0),
                Field("level", Access.RW, "x", 4, 12, reset=0x5A5),
                Field("busy", Access.RO, "x", 16),
                Field("seen", Access.W1C, "x", 24, 2),
            ),
        ),
        Register("look", 12, "Read only.", (Field("value", Access.RO, "x", width=32),)),
        Register(
            "window",
            32,
            "Memory.",
            (Field("value", Access.RO, "x", width=32),),
            count=3,
            window=True,
        ),
    ),
    8,
)


async def read(ctx, dut, address):
    ctx.set(dut.bus.read, 1)
    ctx.set(dut.bus.read_address, address // 4)
    await ctx.tick()
    ctx.set(dut.bus.read, 0)
    ctx.set(dut.bus.read_address, 63)
    await ctx.tick()
    return ctx.get(dut.bus.read_data), bool(ctx.get(dut.bus.read_error))


async def write(ctx, dut, address, value, strobe=15):
    ctx.set(dut.bus.write, 1)
    ctx.set(dut.bus.write_address, address // 4)
    ctx.set(dut.bus.write_data, value)
    ctx.set(dut.bus.write_strobe, strobe)
    error = bool(ctx.get(dut.bus.write_error))
    await ctx.tick()
    ctx.set(dut.bus.write, 0)
    return error


def run(testbench):
    dut = RegisterFile(MAP)
    simulate(dut, partial(testbench, dut=dut))


def test_reset_values_and_constants():
    async def testbench(ctx, dut):
        assert await read(ctx, dut, 0) == (0xCAFE, False)
        assert await read(ctx, dut, 8) == (0x5A50, False)
        assert ctx.get(dut.mixed.level) == 0x5A5

    run(testbench)


def test_unmapped_and_read_only():
    async def testbench(ctx, dut):
        for address in (4, 16, 28, 44, 252):
            assert await read(ctx, dut, address) == (0, True)
            assert await write(ctx, dut, address, 1)
        for address in (0, 12, 32, 40):
            assert await write(ctx, dut, address, 0xFFFFFFFF)
            assert (await read(ctx, dut, address))[1] is False
        assert await read(ctx, dut, 0) == (0xCAFE, False)

    run(testbench)


def test_read_write_field_honours_the_strobe():
    async def testbench(ctx, dut):
        assert not await write(ctx, dut, 8, 0xFFFFFFFF, 0b0001)
        assert ctx.get(dut.mixed.level) == 0x5AF
        await write(ctx, dut, 8, 0x00001230, 0b0010)
        assert ctx.get(dut.mixed.level) == 0x12F
        await write(ctx, dut, 8, 0, 0)
        assert ctx.get(dut.mixed.level) == 0x12F
        await write(ctx, dut, 8, 0)
        assert ctx.get(dut.mixed.level) == 0

    run(testbench)


def test_write_one_to_set_pulses_for_one_cycle_and_reads_zero():
    async def testbench(ctx, dut):
        await write(ctx, dut, 8, 1, 0b1110)
        assert not ctx.get(dut.mixed.go), "the strobe leaves the byte out"
        await write(ctx, dut, 8, 1)
        assert ctx.get(dut.mixed.go)
        await ctx.tick()
        assert not ctx.get(dut.mixed.go)
        await write(ctx, dut, 8, 1)
        assert await read(ctx, dut, 8) == (0, False)

    run(testbench)


def test_sticky_field():
    async def testbench(ctx, dut):
        seen = dut.mixed.seen
        ctx.set(seen.set, 0b11)
        await ctx.tick()
        ctx.set(seen.set, 0)
        await ctx.tick().repeat(3)
        assert ctx.get(seen.value) == 0b11
        await write(ctx, dut, 8, 1 << 24, 0b0111)
        assert ctx.get(seen.value) == 0b11, "the strobe leaves the byte out"
        await write(ctx, dut, 8, 1 << 24)
        assert ctx.get(seen.value) == 0b10
        ctx.set(seen.set, 0b10)
        await write(ctx, dut, 8, 2 << 24)
        assert ctx.get(seen.value) == 0b10, "an event in the cycle of the write is not lost"
        ctx.set(seen.set, 0)
        await write(ctx, dut, 8, 2 << 24)
        assert await read(ctx, dut, 8) == (0, False)

    run(testbench)


def test_read_only_field_is_sampled():
    async def testbench(ctx, dut):
        ctx.set(dut.mixed.busy, 1)
        ctx.set(dut.look.value, 0x12345678)
        assert await read(ctx, dut, 8) == (0x15A50, False)
        assert await read(ctx, dut, 12) == (0x12345678, False)

    run(testbench)


def test_window_reads_a_memory_of_latency_one_that_holds():
    words = [0x11111111, 0x22222222, 0x33333333]

    async def testbench(ctx, dut):
        for _ in range(2):
            for index, word in enumerate(words):
                assert await read(ctx, dut, 32 + 4 * index) == (word, False)
            assert await read(ctx, dut, 0) == (0xCAFE, False)

    async def memory(ctx):
        while True:
            *_, enable, index = await ctx.tick().sample(dut.window.read, dut.window.index)
            if enable:
                ctx.set(dut.window.data, words[index])

    dut = RegisterFile(MAP)
    simulate(dut, partial(testbench, dut=dut), background=[memory])


def field(**changes):
    return Field(**({"name": "f", "access": Access.RW, "description": "x"} | changes))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: field(offset=30, width=3), "Field 'f' must lie within 32 bits"),
        (lambda: field(reset=2), "Field 'f' reset must fit in 1 bits, not 2"),
        (lambda: field(access=Access.W1S, reset=1), "Field 'f' of access W1S has no reset value"),
        (
            lambda: Register("r", 2, "x", (field(),)),
            "Register 'r' address must be a multiple of 4, not 2",
        ),
        (
            lambda: Register("r", 0, "x", (field(width=2), field(name="g", offset=1))),
            "Register 'r' field 'g' overlaps another",
        ),
        (
            lambda: Register("r", 0, "x", (field(), field(offset=1))),
            "Register 'r' must have fields with different names",
        ),
        (lambda: Register("r", 0, "x", ()), "Register 'r' must have fields with different names"),
        (
            lambda: Register("r", 0, "x", (field(),), count=2),
            "Register 'r' must be a window of 32-bit RO words, or one word",
        ),
        (
            lambda: RegisterMap(
                (Register("r", 4, "x", (field(),)), Register("s", 4, "x", (field(),))), 8
            ),
            "Register 's' must come after the one before it",
        ),
        (
            lambda: RegisterMap(
                (Register("r", 0, "x", (field(),)), Register("r", 4, "x", (field(),))), 8
            ),
            "Registers must have different names",
        ),
        (
            lambda: RegisterMap((Register("r", 8, "x", (field(),)),), 3),
            "Registers must end within 8 bytes, not at 0xc",
        ),
    ],
)
def test_wrong_maps(make, message):
    with pytest.raises(ValueError) as caught:
        make()
    assert str(caught.value) == message


def test_latency():
    dut = RegisterFile(MAP)
    measured = []

    async def testbench(ctx):
        ctx.set(dut.look.value, 0x1234)
        for address, enable, seen in (
            (8, dut.bus.write, lambda: ctx.get(dut.mixed.level) == 0x777),
            (12, dut.bus.read, lambda: ctx.get(dut.bus.read_data) == 0x1234),
        ):
            ctx.set(dut.bus.read_address, address // 4)
            ctx.set(dut.bus.write_address, address // 4)
            ctx.set(dut.bus.write_data, 0x777 << 4)
            ctx.set(dut.bus.write_strobe, 15)
            ctx.set(enable, 1)
            cycles = 0
            while not seen():
                await ctx.tick()
                ctx.set(enable, 0)
                cycles += 1
                assert cycles < 10
            measured.append(cycles)

    simulate(dut, testbench)
    assert measured == [RegisterFile.WRITE_LATENCY, RegisterFile.READ_LATENCY]
