"""Features of SIMT units, and the quantities that are predicted from them, as data."""

from __future__ import annotations

from types import SimpleNamespace

from hawx_hw.architectures.quantities import (
    ONE,
    REST,
    Part,
    Quantities,
    Quantity,
    Term,
    complement,
    feature,
    log2,
)

__all__ = ["FEATURES", "QUANTITIES"]

#: What each feature is, with its unit; an area is in the unit of the library, um2 in most.
FEATURES = {
    "lanes": "lanes",
    "cluster": "lanes of a cluster",
    "clusters": "clusters",
    "warps": "warps",
    "other_warps": "warps but one",
    "registers": "registers of a lane and warp",
    "word": "bytes of a word of the activation memory",
    "taps": "weights that a lane keeps",
    "buffered": "lanes keep several weights (1) or one (0)",
    "requantizers": "requantizers",
    "waiting_codes": "codes of a word that wait for others",
    "block_register": "a register after each block (1) or none (0)",
    "vectors": "instructions on whole vector registers (1) or none (0)",
    "adds_codes": "instructions that add codes (1) or none (0)",
    "adds_products": "instructions that requantize sums of products (1) or none (0)",
    "branches": "branches that compare scalars (1) or none (0)",
    "loops": "loops in each other",
    "predicates": "predicates of a thread",
    "windows": "activation windows",
    "ways": "words of each parity that a window holds",
    "group_parts": "parts of a weight word that lanes choose from, over all numbers of groups",
    "register_bits": "width of a vector register (bits)",
    "scalar_bits": "width of a scalar (bits)",
    "addend_bits": "width of the addends (bits)",
    "product_bits": "width after the requantizer's multiplier (bits)",
    "shift_bits": "width of the requantizer's shift (bits)",
    "step_bits": "width of the step of codes, whose multiples are stored (bits)",
    "stream_bits": "width of a word of the stream memory (bits)",
    "store_bits": "width of a word of the store memory (bits)",
    "program_words": "words of the program",
    "weight_banks": "banks of the weight memory",
    "other_banks": "banks of the weight memory but one",
    "activation_words": "words of the activation memory",
    "selections": "distinct selections of blocks",
    "layers": "layers",
    "loaded": "parameters loaded at run time (1) or built in (0)",
    "debug": "halt, steps and read-out (1) or none (0)",
    "gated": "clocks gated (1) or not (0)",
    "clock_mhz": "clock (MHz)",
    "block_instances": "blocks in all lanes",
    "isolated": "blocks in lanes that hold several",
    "several": "lanes that hold several blocks (1) or none (0)",
    "most_blocks": "blocks of a lane, at most",
    "lane_product_bits": "width of what is added, summed over the lanes (bits)",
    "isolated_product_bits": "the lane's widest product for each block of a lane with several, "
    "summed over the lanes (bits)",
    "block_area": "total area of the blocks (um2)",
    "block_leakage_uw": "total leakage of the blocks (uW)",
    "block_energy_pj": "energy of an image's multiplications, uniform operands, with glitches (pJ)",
    "lane_energy_pj": "the same of all products of lanes, also of those that no filter needs (pJ)",
    "multiplication_fj": "energy of a multiplication, on average (fJ)",
    "mean_block_area": "area of a block, on average (um2)",
    "block_delay_ns": "longest path of the slowest block (ns)",
    "isolated_delay_ns": "longest path of the slowest block in lanes with several, else 0 (ns)",
    "cycles": "cycles of an image, from its first byte to its result's last",
    "macs": "multiplications of an inference",
    "instructions": "instructions of an inference, of all warps",
    "walked": "cycles of an inference in which a stream is walked",
    "issued": "cycles of an inference in which lanes take operands",
    "products": "products of all lanes in an inference",
    "stored": "cycles of an inference in which a store is walked",
    "words_read": "words that an inference reads from the activation memory",
    "register_reads": "registers of all lanes that an inference reads",
    "register_writes": "registers of all lanes that an inference writes",
    "weights_read": "words of weights that an inference reads",
    "memory_bits": "bits of all memories",
    "memory_area": "total area of the memories (um2)",
    "memory_leakage_uw": "total leakage of the memories (uW)",
    "known_leakage_uw": "leakage of blocks and memories (uW)",
    "activation_energy_pj": "energy of an image's accesses to the activation memory (pJ)",
    "register_energy_pj": "energy of an image's accesses to the vector registers (pJ)",
    "weight_buffer_energy_pj": "energy of an image's accesses to the weight buffer (pJ)",
    "scalar_energy_pj": "energy of an image's accesses to the scalars (pJ)",
    "weight_energy_pj": "energy of an image's accesses to the weight memories (pJ)",
    "other_energy_pj": "energy of an image's accesses to the other memories (pJ)",
}
#: The terms that are a feature, by its name.
_F = SimpleNamespace(**{name: feature(name) for name in FEATURES})
#: Bits of a register of all lanes.
_VECTOR = _F.lanes * _F.register_bits


def _area(kind: str, *terms: Term) -> Part:
    """The area of a kind of module."""
    return Part(kind, f"area_{kind}", terms)


def _path(kind: str, terms: tuple[Term, ...], correction: tuple[str, ...]) -> Quantity:
    """The longest path that ends in a kind of module."""
    target = f"delay_{kind}_ns"
    return Quantity(target, "ns", (Part(kind, target, terms),), correction)


_AREA = Quantity(
    "area",
    "um2",
    (
        Part("blocks", "area_blocks", (), exact=_F.block_area),
        _area(
            "lanes",
            # Operands, the sum with its adder, what is added, and what holds blocks still.
            _F.lanes,
            _VECTOR,
            _F.lane_product_bits,
            _F.block_register * _F.lane_product_bits,
            _F.isolated,
            _F.isolated_product_bits,
            complement("gated") * _VECTOR,
            _F.adds_codes * _F.lanes,
            _F.adds_codes * _VECTOR,
        ),
        _area(
            "cluster",
            _F.clusters,
            _F.lanes,
            _F.clusters * _F.word,
            _F.selections * _F.clusters,
            _F.block_register * _F.clusters,
            _F.block_register * _F.lanes,
            _F.adds_codes * _F.lanes,
        ),
        _area(
            "register_file",
            # Who reads and who writes chooses one of the warps, and several who write one of them.
            _VECTOR,
            _F.warps,
            log2("warps") * _VECTOR,
            _F.other_warps * _VECTOR,
            _F.vectors * _VECTOR,
            _F.vectors * log2("warps") * _VECTOR,
            _F.vectors * _F.other_warps * _VECTOR,
        ),
        _area(
            "vector_unit",
            _F.vectors,
            _F.vectors * _F.warps,
            _F.vectors * _F.warps * _F.scalar_bits,
            _F.vectors * _F.lanes,
            _F.vectors * _VECTOR,
        ),
        _area(
            "predicates",
            _F.predicates,
            _F.predicates * _F.warps,
            _F.predicates * _F.lanes,
            _F.predicates * _F.warps * _F.lanes,
            _F.vectors * _F.warps * _F.lanes,
        ),
        _area(
            "activation_window",
            _F.windows,
            _F.windows * _F.scalar_bits,
            _F.windows * _F.ways,
            _F.windows * _F.ways * _F.scalar_bits,
            _F.windows * _F.word,
            _F.windows * _F.ways * _F.word,
        ),
        _area("walker", ONE, _F.scalar_bits, _F.stream_bits),
        _area("group_walker", _F.windows, _F.windows * _F.scalar_bits, _F.windows * _F.stream_bits),
        _area("stream_faults", ONE, _F.scalar_bits, _F.windows, _F.windows * _F.scalar_bits),
        _area(
            "weight_feed",
            ONE,
            _F.scalar_bits,
            # Weights come from the memory or from the buffer.
            _F.lanes * _F.buffered,
            _F.lanes * _F.group_parts,
        ),
        _area(
            "multiply_engine",
            ONE,
            _F.lanes,
            _F.block_register * _F.lanes,
            _F.scalar_bits,
            _F.windows * _F.scalar_bits,
            _F.warps,
            _F.adds_codes * _F.lanes,
            _F.predicates * _F.lanes,
        ),
        _area(
            "front_end",
            ONE,
            _F.warps,
            _F.scalar_bits,
            _F.warps * _F.scalar_bits,
            log2("program_words"),
            _F.branches * _F.scalar_bits,
            _F.vectors,
            _F.vectors * _F.warps,
        ),
        _area("places", ONE, _F.warps, _F.scalar_bits, _F.warps * _F.scalar_bits),
        _area(
            "loop_stack",
            ONE,
            _F.warps,
            _F.loops * _F.warps,
            _F.loops * _F.warps * _F.scalar_bits,
            log2("program_words"),
        ),
        _area(
            "post_engine",
            ONE,
            _VECTOR,
            _F.word,
            _F.word * _F.register_bits,
            _F.requantizers,
            # Codes, registers and constants of a word that is made in several steps.
            _F.waiting_codes,
            _F.waiting_codes * _F.register_bits,
            _F.waiting_codes * _F.addend_bits,
            _F.vectors,
        ),
        _area("store_walker", ONE, _F.scalar_bits, _F.store_bits),
        _area(
            "requantizer",
            _F.requantizers,
            _F.requantizers * _F.register_bits,
            _F.requantizers * _F.product_bits,
            _F.requantizers * _F.addend_bits,
            _F.requantizers * _F.shift_bits,
            _F.requantizers * _F.step_bits,
            _F.adds_products * _F.requantizers * _F.product_bits,
        ),
        _area("weight_banks", log2("weight_banks"), _F.other_banks * _F.lanes, _F.other_banks),
        _area(
            REST,
            ONE,
            _F.warps,
            _F.warps * _F.scalar_bits,
            _F.word,
            _F.scalar_bits,
            _F.loaded,
            _F.loaded * _F.lanes,
            _F.loaded * _F.word,
            _F.loaded * _F.word * _F.addend_bits,
            _F.loaded * _F.weight_banks,
            _F.loaded * _F.weight_banks * _F.lanes,
            _F.loaded * _F.stream_bits,
            _F.debug,
        ),
    ),
    (
        "lanes",
        "warps",
        "word",
        "windows",
        "requantizers",
        "register_bits",
        "scalar_bits",
        "loaded",
        "mean_block_area",
        "isolated",
    ),
)
_ENERGY = Quantity(
    "dynamic_pj",
    "pJ",
    (
        Part("blocks", "blocks_pj", (_F.block_energy_pj, _F.lane_energy_pj)),
        Part(
            "clock",
            "clock_pj",
            (
                # What is clocked in every cycle: gates, and registers that have none.
                _F.cycles,
                _F.cycles * _F.lanes,
                _F.cycles * _F.lanes * _F.block_register,
                _F.cycles * _F.warps,
                _F.cycles * _F.warps * _F.lanes,
                _F.cycles * _F.clusters,
                _F.cycles * _F.windows,
                _F.cycles * _F.word,
                _F.cycles * _F.scalar_bits,
                _F.cycles * _F.predicates * _F.warps * _F.lanes,
                _F.cycles * _F.vectors,
                _F.cycles * _F.vectors * _F.warps,
                _F.cycles * _F.vectors * _F.warps * _F.lanes,
                _F.cycles * _F.loaded,
                _F.cycles * _F.debug,
                # And what is behind gates.
                _F.issued * _F.lanes,
                _F.issued * _VECTOR,
                _F.issued * _F.block_register * _F.lane_product_bits,
                _F.walked * _F.scalar_bits,
                _F.words_read * _F.word,
                _F.instructions,
                _F.stored * _F.requantizers * _F.product_bits,
                complement("gated") * _F.cycles * _VECTOR,
            ),
        ),
        Part(
            "logic",
            "logic_pj",
            (
                _F.products,
                _F.products * _F.register_bits,
                # Glitches of the blocks go on into the adders, unless registers are between.
                _F.lane_energy_pj,
                complement("block_register") * _F.lane_energy_pj,
                _F.block_register * _F.products,
                _F.issued * _F.lanes,
                _F.issued * _F.isolated,
                _F.issued * _F.isolated_product_bits,
                _F.issued * _F.word,
                _F.issued * _F.windows * _F.word,
                _F.walked * _F.scalar_bits,
                _F.walked * _F.windows * _F.scalar_bits,
                _F.register_reads * _VECTOR,
                _F.register_reads * _F.warps * _VECTOR,
                _F.register_reads * _F.vectors * _VECTOR,
                _F.register_writes * _VECTOR,
                _F.weights_read * _F.lanes,
                _F.instructions,
                _F.instructions * _F.scalar_bits,
                _F.instructions * _F.lanes,
                _F.stored,
                _F.stored * _VECTOR,
                _F.stored * _F.requantizers * _F.product_bits,
                _F.cycles,
                _F.cycles * _F.warps,
                _F.cycles * _F.lanes,
            ),
        ),
        # Accesses and cycles are known, and the technology states what they take.
        *(
            Part(f"{use}_memories", "memory_pj", (), exact=feature(f"{use}_energy_pj"))
            for use in ("activation", "register", "weight_buffer", "scalar", "weight", "other")
        ),
    ),
    (
        "lanes",
        "warps",
        "word",
        "windows",
        "register_bits",
        "block_register",
        "requantizers",
        "multiplication_fj",
        "isolated",
    ),
)
_LEAKAGE = Quantity(
    "leakage_uw",
    "uW",
    (
        Part(
            "all",
            "leakage_uw",
            (
                ONE,
                _F.lanes,
                _VECTOR,
                _F.block_register * _F.lane_product_bits,
                _F.isolated_product_bits,
                _F.warps,
                _F.warps * _F.scalar_bits,
                _F.warps * _F.lanes,
                _F.warps * _VECTOR,
                _F.windows * _F.scalar_bits,
                _F.windows * _F.ways * _F.word,
                _F.requantizers * _F.product_bits,
                _F.word * _F.register_bits,
                _F.lanes * _F.group_parts,
                _F.vectors,
                _F.vectors * _VECTOR,
                _F.vectors * _F.warps * _F.lanes,
                _F.waiting_codes * _F.register_bits,
                _F.loaded,
                _F.debug,
                complement("gated") * _VECTOR,
            ),
            exact=_F.known_leakage_uw,
        ),
    ),
    ("lanes", "warps", "word", "windows", "requantizers", "mean_block_area", "isolated"),
)
#: A square, since blocks that are fast enough do not count: the register that is added to comes
#: later than their products.
_SLOW, _SLOW_ISOLATED = (
    feature(name) * feature(name) for name in ("block_delay_ns", "isolated_delay_ns")
)
_PATH_LANES = _path(
    "lanes",
    (
        ONE,
        _SLOW,
        complement("block_register") * _SLOW,
        complement("block_register") * _SLOW_ISOLATED,
        complement("block_register") * _F.several,
        # What drives all lanes of a cluster.
        log2("cluster"),
        _F.ways,
        _F.adds_codes,
        log2("register_bits"),
    ),
    ("block_delay_ns", "block_register", "cluster", "most_blocks"),
)
_PATH_FRONT_END = _path(
    "front_end",
    (
        ONE,
        log2("warps"),
        _F.warps,
        log2("scalar_bits"),
        _F.scalar_bits,
        log2("program_words"),
        # A comparison of scalars decides where the warp goes on.
        _F.branches,
        _F.branches * log2("scalar_bits"),
        _F.branches * log2("warps"),
        _F.branches * _F.warps,
        _F.vectors,
    ),
    ("warps", "scalar_bits", "program_words", "branches", "vectors", "loops"),
)
_PATH_FAULTS = _path(
    "stream_faults",
    (ONE, log2("scalar_bits"), _F.scalar_bits, log2("windows"), log2("word")),
    ("scalar_bits", "windows", "word", "ways", "activation_words"),
)
#: Walkers, the vector unit, predicates, requantizers, the shell: what a program need not have is
#: among it.
_PATH_REST = _path(
    REST,
    (
        ONE,
        log2("warps"),
        _F.warps,
        log2("windows"),
        log2("word"),
        _F.scalar_bits,
        log2("product_bits"),
        log2("requantizers"),
        _F.loaded,
        # What the front end reports to the shell.
        _F.branches,
        _F.branches * log2("scalar_bits"),
        _F.branches * log2("warps"),
        _F.branches * _F.warps,
        _F.vectors,
        _F.vectors * log2("register_bits"),
        _F.vectors * log2("lanes"),
    ),
    (
        "lanes",
        "warps",
        "windows",
        "word",
        "scalar_bits",
        "product_bits",
        "requantizers",
        "branches",
        "vectors",
    ),
)

#: Area, energy, leakage and longest paths of SIMT units.
QUANTITIES = Quantities(
    area=_AREA,
    energy=_ENERGY,
    leakage=_LEAKAGE,
    paths={
        "lanes": _PATH_LANES,
        "front_end": _PATH_FRONT_END,
        "stream_faults": _PATH_FAULTS,
        "rest": _PATH_REST,
    },
)
