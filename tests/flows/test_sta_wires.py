"""Wires net by net, as OpenSTA gets them."""

from __future__ import annotations

import re

import numpy as np
import pytest

from hawx_hw.flows.mapped import mapped_netlist
from hawx_hw.flows.sta_wires import net_drivers, wires_tcl
from hawx_hw.netlist.flat import FlatNetlist
from hawx_hw.netlist.wires import wires_of
from hawx_hw.technology import load
from tests.flows.netlists import tiny_build


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> FlatNetlist:
    return mapped_netlist(tiny_build(tmp_path_factory.mktemp("tiny"))).flat


def test_every_net_that_something_drives_has_its_driver(flat: FlatNetlist) -> None:
    drivers = net_drivers(flat, np.arange(2, flat.nets))
    assert len(set(drivers.values())) == len(drivers) == int((flat.drivers[2:] > 0).sum())
    assert drivers["rst"] == flat.ports["rst"][1][0]
    assert drivers["d[2]"] == flat.ports["d"][1][2]
    assert {"rom/read_data[0]", "rom/read_data[3]"} <= drivers.keys()
    assert net_drivers(flat, flat.ports["en"][1]) == {"en": int(flat.ports["en"][1][0])}


@pytest.mark.parametrize("unit", [1.0, 1000.0])
def test_each_wire_has_its_capacitance_in_the_librarys_unit(flat: FlatNetlist, unit: float) -> None:
    model = load("generic45").measured_wires
    assert model is not None
    expected = wires_of(flat, model).capacitance_ff
    text = wires_tcl(flat, model, unit)
    loads = {pin: float(value) for pin, value in re.findall(r"^wire \{(.*)\} (.*)$", text, re.M)}
    loads |= {
        net: float(value)
        for value, net in re.findall(r"^set_load (\S+) \[get_nets \{(.*)\}\]$", text, re.M)
    }
    drivers = net_drivers(flat, np.flatnonzero(expected))
    assert loads.keys() == drivers.keys()
    for name, net in drivers.items():
        assert loads[name] == pytest.approx(expected[net] / unit, rel=1e-5)
