"""The accelerator as a component of IP-XACT (IEEE 1685)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree  # of the flow's own file, which the schema has accepted

from hawx_hw import __version__
from hawx_hw.config.flows import flow_named
from hawx_hw.flows.base import Build
from hawx_hw.flows.elaboration import elaborate
from hawx_hw.flows.environments import environment_python
from hawx_hw.flows.ports import Port, top_ports
from hawx_hw.flows.result import Check, FlowReport
from hawx_hw.flows.runner import Runner
from hawx_hw.flows.templates import write_template
from hawx_hw.flows.vectors import build_registers
from hawx_hw.gateware.registers import Access, Field, RegisterMap
from hawx_hw.util.files import read_bytes, read_text, write_bytes, write_json
from hawx_hw.util.json_text import read_json
from hawx_hw.util.resources import flows

__all__ = ["FLOW"]

_COMPONENT = "component.xml"
_HEADER = "hawx_registers.h"
#: The register map, for the judgment.
_MAP = "registers.json"
#: How software accesses a field, and what a written one does, in the standard's words.
_ACCESS = {
    Access.CONSTANT: ("read-only", None),
    Access.RO: ("read-only", None),
    Access.RW: ("read-write", None),
    Access.W1S: ("write-only", "oneToSet"),
    Access.W1C: ("read-write", "oneToClear"),
}
_VOLATILE, _WITHOUT_RESET = (Access.RO, Access.W1C), (Access.RO, Access.W1S)
#: The standard's name for the language of the files; the earlier one has no 2005.
_VERILOG = {"2014": "verilogSource", "2022": "verilogSource-2005"}
#: Addresses have three digits, masks and values of constants eight.
_MACRO = re.compile(r"^#define HAWX_(\w+?)(\(i\))? .*?(0x[0-9a-f]+)u", re.MULTILINE)


@dataclass(frozen=True)
class Interface:
    """A bus interface of the component.

    Parameters
    ----------
    name : str
        What the names of its ports begin with.
    bus, version : str
        Name and version of the bus definition, of vendor ``amba.com`` and library ``AMBA4``.
    description : str
    manager : bool
        Whether it sends.
    memory_map : str or None
        What a subordinate makes accessible.
    """

    name: str
    bus: str
    version: str
    description: str
    manager: bool = False
    memory_map: str | None = None


_INTERFACES = (
    Interface("s_axil", "AXI4-Lite", "r0p0_0", "Registers.", memory_map="registers"),
    Interface("s_axis", "AXI4Stream", "r0p0_1", "Images, and parameters where they are loaded."),
    Interface("m_axis", "AXI4Stream", "r0p0_1", "Results.", manager=True),
)


class IpxactFlow:
    """component.xml beside the files that it names."""

    name = "ipxact"

    def check(self, build: Build, options: Any) -> None:
        """Raise nothing: every accelerator has such a description."""

    def setup(self, build: Build, options: Any, folder: Path) -> None:
        """Write the component and its files."""
        sources = build.copy_rtl(folder)
        (folder / "mem").mkdir()
        memories = build.copy_memories(folder / "mem")
        write_bytes(folder / _HEADER, read_bytes(build.folder / _HEADER))
        write_json(folder / _MAP, software_view(build_registers(build)))
        ports = top_ports(build.sources, build.program.top)
        write_template(
            folder / _COMPONENT,
            self.name,
            "component.xml.j2",
            standard=options.standard,
            vendor=options.vendor,
            library=options.library,
            name=f"hawx_{build.config.name}",
            version=__version__,
            description=f"Neural network accelerator: {build.program.title}.",
            top=build.program.top,
            ports=ports,
            clock="clk",
            reset="rst",
            interrupt="irq",
            interfaces=[_interface(interface, ports) for interface in _INTERFACES],
            **_memory_map(build),
            file_sets=[
                _file_set("rtl", "rtl", sources, _VERILOG[options.standard]),
                _file_set("memories", "mem", memories, "user", user="memoryImage"),
                {**_file_set("software", "", [_HEADER], "cSource"), "include": True},
            ],
        )
        validate = folder / "validate.py"
        write_bytes(validate, read_bytes(flows() / self.name / validate.name))

    def run(self, folder: Path, options: Any, runner: Runner) -> None:
        """Validate the component against the schema."""
        python = environment_python(flow_named(self.name))
        runner.run(
            [str(python), "validate.py"],
            tool="validation",
            variables={"PYTHONPATH": ""},
        )

    def result(self, folder: Path, options: Any) -> FlowReport:
        """Compare the component with the schema, the Verilog, the C header and the register map."""
        validation = read_json(read_text(folder / "validation.json"))
        component = Component(read_text(folder / _COMPONENT))
        errors = validation["errors"]
        valid = not errors and validation["revision"] == f"1685-{options.standard}"
        return FlowReport(
            target=f"IEEE {validation['revision']}",
            versions=validation["versions"],
            checks=(
                Check(
                    name="the schema",
                    passed=valid,
                    detail=f"{len(errors)} errors"
                    + (f", the first: {errors[0]}" if errors else ""),
                ),
                ports_check(component, folder),
                registers_check(component, read_text(folder / _HEADER)),
                software_check(component, read_json(read_text(folder / _MAP))),
                references_check(component, folder),
            ),
            files=(_COMPONENT,),
            notes=(
                "The bus definitions are ARM's (amba.com, AMBA4), which tools bring along.",
                "The reset is active high, ARM's ARESETn active low: it is a port of its own.",
            ),
        )


class Component:
    """What a component.xml contains.

    Parameters
    ----------
    text : str
    """

    def __init__(self, text: str):
        root = ElementTree.fromstring(text)  # noqa: S314
        self._space = root.tag.partition("}")[0] + "}"
        self._root = root

    @property
    def top(self) -> str:
        """Name of the top module."""
        return self._text(self._root, ".//moduleName")

    @property
    def ports(self) -> dict[str, tuple[str, int]]:
        """Direction and width of each port."""
        return {
            self._text(port, "name"): (
                {"in": "input", "out": "output"}[self._text(port, "wire/direction")],
                1 + int(self._text(port, ".//left", "0")),
            )
            for port in self._all("model/ports/port")
        }

    @property
    def registers(self) -> dict[str, int]:
        """Address of each register."""
        return {
            self._text(register, "name"): self._number(register, "addressOffset")
            for register in self._all(".//register")
        }

    @property
    def masks(self) -> dict[str, int]:
        """Mask of each field, by ``REGISTER_FIELD``."""
        return {
            f"{self._text(register, 'name')}_{self._text(field, 'name')}": (
                (1 << self._number(field, "bitWidth")) - 1
            )
            << self._number(field, "bitOffset")
            for register in self._all(".//register")
            for field in register.iterfind(self._path("field"))
        }

    @property
    def software(self) -> dict[str, dict[str, object]]:
        """The same as :func:`software_view`."""
        view: dict[str, dict[str, object]] = {}
        for block in self._all(".//addressBlock"):
            view[self._text(block, "name")] = {
                "base": self._number(block, "baseAddress"),
                "bytes": self._number(block, "range"),
                "bits": self._number(block, "width"),
            }
        for register in self._all(".//register"):
            name = self._text(register, "name").upper()
            view[name] = {
                "bits": self._number(register, "size"),
                "words": int(self._text(register, ".//dim", "0")),
            }
            for field in register.iterfind(self._path("field")):
                reset = field.find(self._path(".//reset"))
                view[f"{name}_{self._text(field, 'name')}"] = {
                    "access": self._text(field, ".//access"),
                    "written": self._text(field, ".//modifiedWriteValue") or None,
                    "volatile": self._text(field, "volatile") == "true",
                    "reset": None if reset is None else self._number(reset, "value"),
                }
        return view

    @property
    def mapped_ports(self) -> list[str]:
        """Ports that an interface maps."""
        return [self._text(port, "name") for port in self._all(".//physicalPort")]

    @property
    def files(self) -> list[str]:
        """The files, by their paths."""
        return [self._text(file, "name") for file in self._all("fileSets/fileSet/file")]

    def dangling(self) -> list[str]:
        """Names that are referred to and are nowhere."""
        sets = {self._text(each, "name") for each in self._all("fileSets/fileSet")}
        maps = {self._text(each, "name") for each in self._all("memoryMaps/memoryMap")}
        made = {self._text(each, "name") for each in self._all(".//componentInstantiation")}
        used = {self._text(each, "localName") for each in self._all(".//fileSetRef")} - sets
        used |= {each.get("memoryMapRef", "") for each in self._all(".//memoryMapRef")} - maps
        used |= {each.text or "" for each in self._all(".//componentInstantiationRef")} - made
        return sorted(used | (set(self.mapped_ports) - self.ports.keys()))

    def _path(self, path: str) -> str:
        prefix = ".//" if path.startswith(".//") else ""
        parts = path.removeprefix(prefix).split("/")
        return prefix + "/".join(f"{self._space}{part}" for part in parts)

    def _all(self, path: str) -> list[ElementTree.Element]:
        return self._root.findall(self._path(path))

    def _text(self, element: ElementTree.Element, path: str, default: str = "") -> str:
        return element.findtext(self._path(path), default)

    def _number(self, element: ElementTree.Element, path: str) -> int:
        text = self._text(element, path)
        return int(text[2:], 16) if text.startswith("'h") else int(text)


def ports_check(component: Component, folder: Path) -> Check:
    """Whether the component's ports are those of the Verilog, and interfaces map each once."""
    design = elaborate([folder / file for file in component.files if file.endswith(".v")])
    actual = design.ports(component.top)
    stated = component.ports
    wrong = sorted(name for name in {*actual, *stated} if actual.get(name) != stated.get(name))
    mapped = [name for name in component.mapped_ports if name != "clk"]
    expected = {
        name for name in actual if name.startswith(tuple(each.name for each in _INTERFACES))
    }
    wrong += sorted(set(mapped) ^ expected)
    wrong += sorted({name for name in mapped if mapped.count(name) > 1})
    detail = ", ".join(wrong) or f"{len(actual)} ports, {len(mapped)} in interfaces"
    return Check(name="ports as slang reads the Verilog", passed=not wrong, detail=detail)


def registers_check(component: Component, header: str) -> Check:
    """Whether registers and fields are those of the C header.

    Parameters
    ----------
    component : Component
    header : str
        As :func:`hawx_hw.gateware.register_documents.c_header` writes it.
    """
    macros = [(name, number) for name, _, number in _MACRO.findall(header)]
    addresses = {name: int(number, 16) for name, number in macros if len(number) == 5}
    masks = {
        name.removesuffix("_MASK"): int(number, 16)
        for name, number in macros
        if len(number) == 10 and name.endswith("_MASK")
    }
    own = component.masks
    # A register that is one field as a whole has no mask in the header.
    whole = {name for name, mask in own.items() if mask == 0xFFFFFFFF and name not in masks}
    wrong = sorted(
        {
            *(component.registers.items() ^ addresses.items()),
            *({(n, m) for n, m in own.items() if n not in whole} ^ set(masks.items())),
        }
    )
    detail = ", ".join(name for name, _ in wrong)
    detail = detail or f"{len(addresses)} registers, {len(own)} fields"
    return Check(name="registers of the C header", passed=not wrong, detail=detail)


def software_view(registers: RegisterMap) -> dict[str, dict[str, object]]:
    """How software uses each register and field, in the standard's words.

    Parameters
    ----------
    registers : RegisterMap

    Returns
    -------
    dict of str to dict
        The address block ``registers`` with its base, bytes and bits a word; each register with its
        bits and its number of words, 0 where it is no array; each field, as ``REGISTER_FIELD``,
        with its access, what a written one does, whether it is volatile, and its value after reset.
    """
    size = 1 << registers.address_width
    view: dict[str, dict[str, object]] = {"registers": {"base": 0, "bytes": size, "bits": 32}}
    for register in registers:
        name = register.name.upper()
        view[name] = {"bits": 32, "words": register.count if register.window else 0}
        for field in register.fields:
            access, written = _ACCESS[field.access]
            view[f"{name}_{field.name.upper()}"] = {
                "access": access,
                "written": written,
                "volatile": field.access in _VOLATILE,
                "reset": None if field.access in _WITHOUT_RESET else field.reset,
            }
    return view


def software_check(component: Component, expected: Mapping[str, object]) -> Check:
    """Whether access, values after reset and dimensions are those of the register map."""
    stated = component.software
    wrong = sorted(name for name in {*stated, *expected} if stated.get(name) != expected.get(name))
    detail = ", ".join(wrong) or f"{len(expected)} registers and fields"
    return Check(
        name="access, resets and dimensions of the register map",
        passed=bool(expected) and not wrong,
        detail=detail,
    )


def references_check(component: Component, folder: Path) -> Check:
    """Whether every file is there, and every reference names something."""
    files = component.files
    wrong = [name for name in files if not (folder / name).is_file()] + component.dangling()
    return Check(
        name="files and references",
        passed=bool(files) and not wrong,
        detail=", ".join(wrong) or f"{len(files)} files",
    )


def _interface(interface: Interface, ports: Sequence[Port]) -> dict[str, object]:
    """Values of the template: the clock, and each port by its logical name."""
    prefix = f"{interface.name}_"
    own = [port.name for port in ports if port.name.startswith(prefix)]
    mapped = {name.removeprefix(prefix).upper(): name for name in own}
    return {**vars(interface), "ports": {"ACLK": "clk", **mapped}}


def _memory_map(build: Build) -> dict[str, object]:
    registers = build_registers(build)
    return {
        "address_range": 1 << registers.address_width,
        "registers": [
            {**vars(register), "fields": [_field(field) for field in register.fields]}
            for register in registers
        ],
    }


def _field(field: Field) -> dict[str, object]:
    access, written = _ACCESS[field.access]
    return {
        **vars(field),
        "access": access,
        "modified_write_value": written,
        "volatile": str(field.access in _VOLATILE).lower(),
        "has_reset": field.access not in _WITHOUT_RESET,
    }


def _file_set(
    name: str, folder: str, files: Sequence[str], kind: str, user: str | None = None
) -> dict[str, object]:
    paths = [f"{folder}/{file}" if folder else file for file in files]
    return {"name": name, "files": paths, "type": kind, "user": user, "include": False}


FLOW = IpxactFlow()
