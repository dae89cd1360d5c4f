"""Places and routes a netlist with Coriolis: ``python place_and_route.py MARGIN``.

The margin is the area that is left free for wires and taps, as a share of the cells' area.

Reads ``netlist.blif`` and, a folder up, ``settings.json`` and what make_cells.py wrote. Writes
``routed.gds``, as Coriolis does, and ``routed.json``: cells and nets as they are after buffers were
added to the clock, pins with their boxes in um, and the area.
"""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, os.pardir)

from coriolis import CRL, Cfg
from coriolis.helpers import overlay, u
from coriolis.Hurricane import Cell, DbU, Net
from techno import library, technology

LIBRARY = "StdCellLib"
OUTPUTS = {"q", "nq", "one", "zero"}
SUPPLY = {"vdd": Net.Type.POWER, "vss": Net.Type.GROUND}
#: The clock pin of a flip-flop.
CLOCK = "clk"


def main():
    """Place and route; exit status 1 where not everything is routed."""
    Path("routed.json").unlink(missing_ok=True)
    settings = _read("../settings.json")
    _load_cells()
    cell = CRL.Blif.load("netlist")
    CRL.restoreNetsDirection(cell, Cell.Flags_TerminalNetlist)
    width, margin = _floor_plan(cell, settings, float(sys.argv[1]))
    block = _block(cell, settings, width, margin)
    routed = block.doPnR()
    result = _result(cell)
    block.save()
    cell_name = cell.getName()
    Path(f"{cell_name}.gds").replace("routed.gds")
    for rest in (*Path().glob(f"{cell_name}*.vst"), *Path().glob(f"{cell_name}*.spi")):
        rest.unlink()
    Path("routed.json").write_text(
        json.dumps({"routed": bool(routed), "margin": round(margin, 4), **result}, indent=1),
        encoding="utf-8",
    )
    return 0 if routed else 1


def _read(name):
    return json.loads(Path(name).read_text(encoding="utf-8"))


def _load_cells():
    technology.setup()
    for cell in library.setup().getCells():
        for net in cell.getNets():
            if not net.isExternal():
                continue
            output = net.getName() in OUTPUTS
            net.setDirection(Net.Direction.OUT if output else Net.Direction.IN)
            if net.getName() in SUPPLY:
                net.setType(SUPPLY[net.getName()])
    framework = CRL.AllianceFramework.get()
    # The clock is an ordinary net with a tree of buffers: as a clock it would get no pin.
    framework.getEnvironment().setCLOCK("^$")
    gauge = framework.getRoutingGauge("StdCellLib")
    gauge.getLayerGauge(5).setType(CRL.RoutingLayerGauge.PowerSupply)
    with overlay.CfgCache(priority=Cfg.Parameter.Priority.UserFile) as cfg:
        cfg.misc.catchCore = False
        cfg.misc.info = False
        cfg.misc.paranoid = False
        cfg.misc.bug = False
        cfg.misc.logMode = True
        cfg.misc.verboseLevel1 = True
        cfg.misc.verboseLevel2 = False
        cfg.etesian.graphics = 2
        # Gaps are filled with taps of wells and substrate alone. Capacitors would be further
        # transistors, all alike, for which the comparison of circuits takes very long. Where
        # Coriolis puts an antenna diode into a wider tap, no cell fills what remains.
        cfg.etesian.feedNames = "tie,tie_w2"
        cfg.etesian.defaultFeed = "tie"
        cfg.anabatic.topRoutingLayer = "m4"
        cfg.katana.eventsLimit = 4000000


def _ports(cell):
    """Names of inputs and of outputs."""
    nets = [net for net in cell.getNets() if net.isExternal() and net.getName() not in SUPPLY]
    inputs = sorted(n.getName() for n in nets if n.getDirection() & Net.Direction.IN)
    return inputs, sorted(n.getName() for n in nets if n.getName() not in inputs)


def _floor_plan(cell, settings, margin):
    """Width of a square block, in um, and the share of it that is left free.

    It grows beyond the margin where the pins need the room.
    """
    inputs, outputs = _ports(cell)
    area = sum(
        DbU.toPhysical(box.getWidth(), DbU.UnitPowerMicro)
        * DbU.toPhysical(box.getHeight(), DbU.UnitPowerMicro)
        for box in (i.getMasterCell().getAbutmentBox() for i in cell.getInstances())
    )
    needed = (max(len(inputs), len(outputs)) + 2) * settings["pin_pitch"]
    width = max((area * (1 + margin)) ** 0.5, needed)
    return width, width**2 / area - 1


def _block(cell, settings, width, margin):
    # These read the configuration when they are imported.
    from coriolis import Anabatic, Etesian, Katana  # noqa: F401
    from coriolis.plugins.block.block import Block
    from coriolis.plugins.block.configuration import IoPin
    from coriolis.plugins.chip.configuration import ChipConf

    inputs, outputs = _ports(cell)
    pins = []
    for side, names in ((IoPin.NORTH, inputs), (IoPin.SOUTH, outputs)):
        tracks = int(width / settings["pin_track"])
        step = tracks / (len(names) + 1)
        for number, name in enumerate(names, 1):
            position = u(round(number * step) * settings["pin_track"])
            pins.append((side | IoPin.A_BEGIN, name, position, 0, 1))
    conf = ChipConf(cell, ioPins=pins, ioPads=[])
    conf.cfg.etesian.densityVariation = 0.05
    conf.cfg.etesian.aspectRatio = 1.0
    conf.cfg.etesian.spaceMargin = margin
    conf.cfg.anabatic.globalIterations = 10
    conf.cfg.katana.runRealignStage = False
    conf.editor = None
    conf.chipName = "chip"
    conf.useHFNS = False
    conf.bColumns = conf.bRows = 1
    clocks = _clocks(cell)
    conf.useSpares = conf.useClockTree = bool(clocks)
    for name in clocks:
        conf.useHTree(name)
    return Block(conf)


def _clocks(cell):
    """Ports that lead to clock pins of flip-flops."""
    return sorted(
        net.getName()
        for net in cell.getNets()
        if net.isExternal()
        and any(plug.getMasterNet().getName() == CLOCK for plug in net.getPlugs())
    )


def _result(cell):
    box = cell.getAbutmentBox()
    return {
        "width_um": _um(box.getWidth()),
        "height_um": _um(box.getHeight()),
        "instances": {
            instance.getName(): {
                "cell": instance.getMasterCell().getName(),
                "pins": {
                    plug.getMasterNet().getName(): _plain(plug.getNet().getName())
                    for plug in instance.getPlugs()
                    if plug.getNet() is not None
                },
            }
            for instance in cell.getInstances()
        },
        "ports": [_plain(name) for names in _ports(cell) for name in names],
        "pins": [
            {
                "net": _plain(net.getName()),
                "layer": pin.getLayer().getName(),
                "box_um": [
                    _um(edge)
                    for edge in (
                        pin.getBoundingBox().getXMin(),
                        pin.getBoundingBox().getYMin(),
                        pin.getBoundingBox().getXMax(),
                        pin.getBoundingBox().getYMax(),
                    )
                ],
            }
            for net in cell.getNets()
            for pin in net.getPins()
        ],
    }


def _um(length):
    return round(DbU.toPhysical(length, DbU.UnitPowerMicro), 4)


def _plain(name):
    """A bit's name as Verilog has it."""
    return name.replace("(", "[").replace(")", "]")


sys.exit(main())
