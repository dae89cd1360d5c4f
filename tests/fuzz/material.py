"""Good inputs, which the fuzzer changes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hawx_hw.config.load import load_config
from hawx_hw.datasets import load
from hawx_hw.networks import train
from hawx_hw.pipeline.order import STAGES
from hawx_hw.pipeline.pipeline import Pipeline
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.util.progress import console_for
from tests.report.samples import POWER, QUANTIZE, REFERENCES, SYNTH, VERIFY

__all__ = [
    "CONFIG",
    "LIBERTY",
    "SEARCH_CONFIG",
    "SIMT_CONFIG",
    "TECHNOLOGY",
    "VERILOG",
    "build_project",
    "library_stages",
    "reading_stages",
    "write_project",
]

CONFIG: dict[str, Any] = {
    "name": "tiny",
    "network": {
        "model": "lenet5",
        "dataset": "tiny.npz",
        "checkpoint": "tiny.safetensors",
        "calibration_images": 16,
    },
    "accelerator": {
        "architecture": "systolic",
        "rows": 4,
        "columns": 4,
        "slice_columns": 2,
        "weight_rows": 1,
        "requantizers": 2,
        "accumulators": 64,
        "activation_kib": 64,
        "parameter_kib": 512,
        "parameters": "rom",
        "clock_gating": False,
        "block_implementation": "first",
        "clock_mhz": 100,
        "pe_blocks": [{"blocks": ["exact", "drum(k=4)"], "rows": "0-3", "columns": "0-3"}],
    },
    "blocks": {
        "default": "exact",
        "layers": {
            "conv1": [
                {"block": "exact", "filters": "0-1"},
                {"block": "drum(k=4)", "input_channels": "0-1", "kernel_rows": 0},
                {"block": "exact"},
            ],
            "fc1": "drum(k=4)",
        },
    },
    "training": {
        "epochs": 1,
        "gradient": "straight",
        "seed": 1,
        "learning_rate": 0.5,
        "distillation": False,
    },
    "verify": {"images": 2, "traced_images": 1, "simulator": "auto"},
    "power": {"images": 2, "glitches": True, "glitch_cycles": 20},
    "technology": "kit.yaml",
    "seed": 3,
}
SEARCH_CONFIG: dict[str, Any] = {
    "name": "tiny",
    "network": CONFIG["network"],
    "accelerator": {"rows": 4, "columns": 4, "block_implementation": "first"},
    "search": {
        "blocks": ["array(5,4,0)", "drum(k=4)"],
        "algorithm": "random",
        "granularity": "layer",
        "budget": 12,
        "images": 24,
        "profile_images": 16,
        "objective": "multiplier_energy",
        "constraints": {"accuracy_drop": 50.0},
    },
    "training": {"epochs": 1, "finalists": 1},
    "verify": {"images": 2},
    "power": {"images": 2},
    "technology": "kit.yaml",
}
SIMT_CONFIG: dict[str, Any] = {
    "name": "tiny",
    "network": CONFIG["network"],
    "accelerator": {
        "architecture": "simt",
        "multipliers": 8,
        "lanes": 8,
        "cluster": 4,
        "word": 4,
        "warps": 2,
        "registers": 6,
        "taps": 5,
        "requantizers": 2,
        "block_register": True,
        "weight_banks": 2,
        "parameters": "loaded",
        "lane_blocks": [
            {"blocks": ["exact", "drum(k=4)"]},
            {"blocks": ["exact"], "lanes": [0, "2-3"]},
        ],
    },
    "blocks": {"layers": {"conv1": {"block": "drum(k=4)", "share": 0.5}}},
    "technology": "kit.yaml",
}
TECHNOLOGY: dict[str, Any] = {
    "name": "kit",
    "liberty": ["$NO_SUCH_KIT/kit.lib", "kit.lib"],
    "install": "Get it.",
    "supply": 1.1,
    "clock_mhz": 200,
    "memories": {
        "model": {"feature_nm": 130, "gate_bit": 3.5, "write_fixed_pj": 0.5},
        "macros": [
            {
                "kind": "hawx_sp_ram",
                "width": 8,
                "depth": 1024,
                "area": 49419.2,
                "read_energy_pj": 15.6,
                "write_energy_pj": 19.9,
                "leakage_uw": 0.1,
                "source": "a datasheet",
            }
        ],
    },
}
_GATE = """  cell (%(name)s) {
    area : %(area)s;
    cell_leakage_power : 1.5;
%(inputs)s
    pin (Y) { direction : output; function : "%(function)s"; max_capacitance : 60;
      timing () { related_pin : "A"; timing_sense : %(sense)s;
        cell_rise (delay) { values ("10, 20", "11, 21"); }
        cell_fall (delay) { values ("10, 20", "11, 21"); }
        rise_transition (delay) { values ("10, 20", "11, 21"); }
        fall_transition (delay) { values ("10, 20", "11, 21"); } }
      internal_power () { related_pin : "A";
        rise_power (energy) { values ("1, 2", "1, 2"); }
        fall_power (scalar) { values ("1"); } } }
  }
"""
_FLOP = """  cell (DFF) {
    area : 4; cell_leakage_power : 2;
    ff (IQ, IQN) { clocked_on : "CK"; next_state : "D"; }
    pin (CK) { direction : input; capacitance : 1; clock : true; }
    pin (D) { direction : input; capacitance : 1;
      timing () { related_pin : "CK"; timing_type : setup_rising;
        rise_constraint (scalar) { values ("2"); } fall_constraint (scalar) { values ("3"); } } }
    pin (Q) { direction : output; function : "IQ"; max_capacitance : 60;
      timing () { related_pin : "CK"; timing_type : rising_edge; timing_sense : non_unate;
        cell_rise (scalar) { values ("5"); } cell_fall (scalar) { values ("5"); }
        rise_transition (scalar) { values ("6"); } fall_transition (scalar) { values ("6"); } } }
  }
"""


def _gate(name: str, area: float, function: str, sense: str) -> str:
    pin = "    pin (%s) { direction : input; capacitance : 1.5; }"
    pins = [letter for letter in "AB" if letter in function]
    return _GATE % {
        "name": name,
        "area": area,
        "function": function,
        "sense": sense,
        "inputs": "\n".join(pin % letter for letter in pins),
    }


LIBERTY = (
    """library (kit) {
  /* a small library */
  delay_model : table_lookup;
  time_unit : "1ps"; voltage_unit : "1V"; leakage_power_unit : "1nW";
  capacitive_load_unit (1, ff);
  nom_voltage : 1.1; nom_temperature : 25; nom_process : 1;
  operating_conditions (typical) { process : 1; temperature : 25; voltage : 1.1; }
  default_operating_conditions : typical;
  lu_table_template (delay) { variable_1 : input_net_transition;
    variable_2 : total_output_net_capacitance; index_1 ("0, 200"); index_2 ("0, 64"); }
  power_lut_template (energy) { variable_1 : input_transition_time;
    variable_2 : total_output_net_capacitance; index_1 ("0, 200"); index_2 ("0, 64"); }
"""
    + _gate("INV", 1.5, "!A", "negative_unate")
    + _gate("NAND2", 2, "!(A * B)", "negative_unate")
    + _gate("NOR2", 2, "!(A + B)", "negative_unate")
    + _gate("XOR2", 3, "(A ^ B)", "non_unate")
    + _FLOP
    + "}\n"
)
VERILOG = """\
// An unsigned multiplier of two bits, from gates.
module half(input x, input y, output s, output c);
  assign s = x ^ y;
  assign c = x & y;
endmodule

`define HIGH 1
module pair #(parameter N = 2) (input [N-1:0] a, input [N-1:0] b, output [2*N-1:0] p);
  wire [3:0] m;
  wire c;
  genvar i;
  generate for (i = 0; i < 2; i = i + 1) begin : row
    and g0 (m[2*i], a[0], b[i]);
    and g1 (m[2*i+1], a[`HIGH], b[i]);
  end endgenerate
  assign p[0] = m[0];
  half first(.x(m[1]), .y(m[2]), .s(p[1]), .c(c));
  half second(.x(m[3]), .y(c), .s(p[2]), .c(p[3]));
endmodule
"""


def write_project(folder: Path) -> Path:
    """Write a data set of 60 small images, a network trained on it, a technology and a library."""
    rng = np.random.default_rng(5)
    labels = np.arange(60) % 3
    images = rng.integers(0, 256, (60, 2, 12, 13)) // (1 + labels.reshape(-1, 1, 1, 1))
    np.savez(folder / "tiny.npz", x=images.astype(np.uint8), y=labels)
    train(
        "lenet5",
        load(str(folder / "tiny.npz")),
        seed=1,
        epochs=1,
        output=folder / "tiny.safetensors",
    )
    (folder / "kit.lib").write_text(LIBERTY, encoding="utf-8")
    return folder


def build_project(folder: Path, config: Path) -> Path:
    """Run the stages up to ``emit`` in a project, with samples for the rest; returns its results.

    The results lie beside the build folder, which is then filled by :func:`reading_stages`.
    """
    results = folder / "results"
    pipeline = Pipeline(load_config(config), results, STAGES, console_for(silent=True), base=folder)
    pipeline.run(pipeline.until("assign"))
    pipeline.run(pipeline.needed("emit"))
    for result in (VERIFY, SYNTH, POWER, REFERENCES):
        (results / result.FILE).write_text(result.model_dump_json(by_alias=True), encoding="utf-8")
    return results


def library_stages() -> tuple[Stage, ...]:
    """The stages; none does anything, but that the synthesis reads the technology."""
    return tuple(
        replace(stage, run=_WITHOUT_RESULTS.get(stage.name, _do_nothing)) for stage in STAGES
    )


def _do_nothing(context: Context) -> None:
    pass


def _write_sample(context: Context) -> None:
    context.write(QUANTIZE)


def reading_stages(results: Path) -> tuple[Stage, ...]:
    """The stages; each reads what it reads in earnest, and takes its results from a folder."""
    outputs = {
        "quantize": ("quantized.json", "quantized.npz", "quantize.json"),
        "accelerator": ("accelerator.json",),
        "profile": ("profile.json", "scores.npz"),
        "search": ("search.json", "front.svg"),
        "retrain": ("retrain.json", "retrained"),
        "assign": ("assigned.json", "assigned.npz", "assign.json"),
        "emit": (
            *("rtl", "mem", "program.json", "drawing.json"),
            *("hawx_registers.h", "hawx_pixels.h", "registers.md"),
        ),
    }

    def run_of(stage: Stage) -> Callable[[Context], None]:
        if stage.name in ("pick", "predict"):
            return stage.run

        def run(context: Context) -> None:
            _READERS.get(stage.name, lambda context: None)(context)
            for name in outputs.get(stage.name, ()):
                path = results / name
                if path.is_dir():
                    shutil.copytree(path, context.output / name)
                elif path.is_file():
                    shutil.copyfile(path, context.output / name)
            for sample in (VERIFY, SYNTH, POWER, REFERENCES):
                if stage.name == sample.STAGE:
                    context.write(sample)

        return run

    return tuple(replace(stage, run=run_of(stage)) for stage in STAGES)


def _read_graph(context: Context) -> None:
    from hawx_hw.graph.storage import load_graph
    from hawx_hw.pipeline.data import GRAPH

    load_graph(context.folder / GRAPH)


def _read_profile(context: Context) -> None:
    from hawx_hw.pipeline.inputs import load_accelerators
    from hawx_hw.scores.profiling import load_profiling

    if context.config.search is not None:
        _read_graph(context)
        load_profiling(context.folder)
        load_accelerators(context)


def _read_finalists(context: Context) -> None:
    from hawx_hw.pipeline.stages.retrain import designs

    _read_graph(context)
    designs(context)


def _read_design(context: Context) -> None:
    from hawx_hw.pipeline.inputs import load_design, load_retrained

    _read_graph(context)
    load_retrained(context, load_design(context).origin)


def _read_plan(context: Context) -> None:
    from hawx_hw.pipeline.inputs import load_plan

    load_plan(context)


def _read_emitted(context: Context) -> None:
    from hawx_hw.design.program import EmitResult
    from hawx_hw.design.sources import verilog_sources
    from hawx_hw.pipeline.inputs import load_plan
    from hawx_hw.verification.memory_images import check_memory_images

    EmitResult.read(context.folder)
    for path in verilog_sources(context.folder):
        path.read_text("utf-8")
    check_memory_images(load_plan(context), context.folder / "mem")


def _read_library(context: Context) -> None:
    from hawx_hw.pipeline.technology import load_technology

    technology = load_technology(context.config, context.base)
    technology.fingerprint  # noqa: B018
    technology.library  # noqa: B018
    technology.supply  # noqa: B018
    technology.memories  # noqa: B018


def _read_synthesized(context: Context) -> None:
    from hawx_hw.synthesis.result import SynthResult

    _read_library(context)
    SynthResult.read(context.folder)


def _read_references(context: Context) -> None:
    from hawx_hw.pipeline.stages.references import references

    _read_library(context)
    _read_graph(context)
    references(context)


_READERS: dict[str, Callable[[Context], None]] = {
    "profile": _read_graph,
    "search": _read_profile,
    "retrain": _read_finalists,
    "assign": _read_design,
    "emit": _read_plan,
    "verify": _read_emitted,
    "synth": _read_library,
    "power": _read_synthesized,
    "references": _read_references,
}
_WITHOUT_RESULTS = {"quantize": _write_sample, "synth": _read_library}
