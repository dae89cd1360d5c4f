import random

import pytest

from hawx_hw.gateware.sequencer import Sequencer
from hawx_hw.gateware.simulation import simulate

INPUTS = (
    "request",
    "auto",
    "flush",
    "image_full",
    "parameters_loaded",
    "parameters_receiving",
    "core_busy",
)
OUTPUTS = (
    "start",
    "image_drop",
    "busy",
    "parameters_hold",
    "start_while_busy",
    "start_without_parameters",
)


def ref_sequencer(stimuli):
    """The rules, one sentence each."""
    waiting = False
    trace = []
    for s in stimuli:
        busy = waiting or s["core_busy"]
        due = s["image_full"] and (waiting or s["auto"])
        free = not s["core_busy"] and not s["parameters_receiving"] and not s["flush"]
        start = due and free and s["parameters_loaded"]
        drop = due and free and not s["parameters_loaded"]
        absent = not s["parameters_loaded"] and not s["parameters_receiving"]
        refused = s["request"] and not busy and absent
        trace.append(
            {
                "start": start,
                "image_drop": drop,
                "busy": busy,
                "parameters_hold": s["core_busy"] or due,
                "start_while_busy": s["request"] and busy,
                "start_without_parameters": drop or refused,
            }
        )
        if start or drop or s["flush"]:
            waiting = False
        if s["request"] and not busy and not absent:
            waiting = True
    return trace


def rtl_sequencer(stimuli):
    dut = Sequencer()
    trace = []

    async def testbench(ctx):
        for stimulus in stimuli:
            for name in INPUTS:
                ctx.set(getattr(dut, name), stimulus[name])
            trace.append({name: bool(ctx.get(getattr(dut, name))) for name in OUTPUTS})
            await ctx.tick()

    simulate(dut, testbench)
    return trace


@pytest.mark.parametrize("density", [0.1, 0.5, 0.9])
def test_every_rule(density):
    rng = random.Random(1)
    stimuli = []
    for _ in range(1500):
        stimulus = {name: rng.random() < density for name in INPUTS}
        # A packet that is on its way has taken the loaded parameters back.
        stimulus["parameters_loaded"] &= not stimulus["parameters_receiving"]
        stimuli.append(stimulus)
    assert rtl_sequencer(stimuli) == ref_sequencer(stimuli)


def test_latency():
    dut = Sequencer()
    started = []

    async def testbench(ctx):
        ctx.set(dut.parameters_loaded, 1)
        ctx.set(dut.auto, 1)
        await ctx.tick()
        ctx.set(dut.image_full, 1)
        for cycle in range(3):
            if ctx.get(dut.start):
                started.append(cycle)
            await ctx.tick()

    simulate(dut, testbench)
    assert started[0] == Sequencer.LATENCY
