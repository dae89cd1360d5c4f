"""The registers of an accelerator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hawx_hw.gateware.core_interface import CoreSignature
from hawx_hw.gateware.registers import Access, Field, Register, RegisterMap

__all__ = [
    "ADDRESS_WIDTH",
    "ERRORS",
    "ID",
    "LAYER_CYCLES_ADDRESS",
    "RegisterConstant",
    "accelerator_registers",
    "errors_of",
    "version_word",
]

ADDRESS_WIDTH = 12
#: "HAWX" in ASCII.
ID = 0x48415758
LAYER_CYCLES_ADDRESS = 0x400
#: Where the constants of an architecture lie, in this order.
_CONSTANT_ADDRESSES = (0x040, 0x044, *range(0x060, 0x080, 4))

#: What can go wrong, by bit of ERROR.
ERRORS = {
    "start_while_busy": "START was written during an inference, or while one waited; ignored.",
    "start_without_parameters": (
        "An inference was to begin before the parameters were loaded. START is ignored; an image "
        "that was to start by itself is dropped."
    ),
    "image_truncated": "TLAST came before the last byte of an image; the image is dropped.",
    "image_overlong": (
        "TLAST did not come with the last byte of an image; the image is dropped, and so are all "
        "bytes up to TLAST."
    ),
    "parameters_truncated": "TLAST came before the last byte of the parameters; not loaded.",
    "parameters_overlong": (
        "TLAST did not come with the last byte of the parameters; they are not loaded, and the "
        "bytes up to TLAST are dropped."
    ),
}

#: The error of a core that has traps, behind :data:`ERRORS`.
_CORE_TRAP = {
    "core_trap": (
        "The core gave an inference up, see TRAP. Its image is lost, and there is no result; it "
        "counts neither as done nor as dropped."
    )
}


@dataclass(frozen=True)
class RegisterConstant:
    """A number of the accelerator that software may read.

    Parameters
    ----------
    name : str
        Of the register, in lower case, such as ``"lanes"``.
    value : int
        In [0, 2**32).
    description : str
        A sentence.
    """

    name: str
    value: int
    description: str

    def __post_init__(self) -> None:
        if not self.name.isidentifier() or not self.name.islower():
            raise ValueError(f"Name must be a lower-case identifier, not {self.name!r}")
        if not 0 <= self.value < 2**32:
            raise ValueError(f"Value must be an unsigned number of 32 bits, not {self.value!r}")


def errors_of(core: CoreSignature) -> dict[str, str]:
    """What can go wrong around ``core``, by bit of ERROR."""
    return ERRORS if core.trap is None else ERRORS | _CORE_TRAP


def version_word(version: str) -> int:
    """``major.minor.patch`` as ``0xMMmmpppp``."""
    try:
        major, minor, patch = (int(part) for part in version.split("."))
    except ValueError:
        raise ValueError(f"Version must be major.minor.patch, not {version!r}") from None
    if not (0 <= major < 256 and 0 <= minor < 256 and 0 <= patch < 65536):
        raise ValueError(f"Version must fit in 8, 8 and 16 bits, not {version!r}")
    return (major << 24) | (minor << 16) | patch


def accelerator_registers(
    core: CoreSignature,
    *,
    constants: Sequence[RegisterConstant] = (),
    config_hash: int,
    version: str,
) -> RegisterMap:
    """The map of an accelerator around ``core``.

    Parameters
    ----------
    core : CoreSignature
    constants : sequence of RegisterConstant
        Of the architecture, for software to read; at most ten.
    config_hash : int
        Hash of the configuration, 32 bits.
    version : str
        Of the generator, ``major.minor.patch``.
    """
    if not 0 <= config_hash < 2**32:
        raise ValueError(f"Config hash must be an unsigned number of 32 bits, not {config_hash!r}")
    if len(constants) > len(_CONSTANT_ADDRESSES):
        raise ValueError(
            f"Constants must be at most {len(_CONSTANT_ADDRESSES)}, not {len(constants)}"
        )

    def constant(name: str, address: int, value: int, description: str) -> Register:
        field = Field("value", Access.CONSTANT, description, width=32, reset=value)
        return Register(name, address, description, (field,))

    def counter(name: str, address: int, description: str) -> Register:
        field = Field("value", Access.RO, description, width=32)
        return Register(name, address, description, (field,))

    own = [
        constant(each.name, address, each.value, each.description)
        for each, address in zip(constants, _CONSTANT_ADDRESSES, strict=False)
    ]
    control = Register(
        "control",
        0x010,
        "Commands. Writing zeros to START, FLUSH and LOAD_PARAMETERS does nothing.",
        (
            Field("start", Access.W1S, "Run one inference on the next whole image.", 0),
            Field("auto", Access.RW, "Start by itself on every whole image.", 1),
            Field(
                "load_parameters",
                Access.W1S,
                "The next packet holds the parameters, not an image. "
                "Ignored where PARAMETER_BYTES is 0.",
                2,
            ),
            Field(
                "flush",
                Access.W1S,
                "Drop the packet that is being received, a waiting image, a waiting START and "
                "LOAD_PARAMETERS; the next byte begins a packet. A running inference continues.",
                3,
            ),
        ),
    )
    status = Register(
        "status",
        0x014,
        "State of the accelerator.",
        (
            Field("busy", Access.RO, "An inference runs, or START waits for its image.", 0),
            Field("done", Access.W1C, "An inference has ended since this bit was cleared.", 1),
            Field("image_ready", Access.RO, "A whole image waits to be computed.", 2),
            Field("result_pending", Access.RO, "A result has not been sent to its last byte.", 3),
            Field(
                "parameters_loaded",
                Access.RO,
                "The parameters are in place; always 1 where they are built in.",
                4,
            ),
            Field("parameters_expected", Access.RO, "The next or present packet is parameters.", 5),
            Field("error", Access.RO, "Some bit of ERROR is set.", 6),
        ),
    )
    error = Register(
        "error",
        0x018,
        "Errors since the bits were cleared.",
        tuple(
            Field(name, Access.W1C, text, bit)
            for bit, (name, text) in enumerate(errors_of(core).items())
        ),
    )
    irq_enable = Register(
        "irq_enable",
        0x01C,
        "Causes that raise the interrupt, which is high while an enabled cause is.",
        (
            Field("done", Access.RW, "STATUS.DONE.", 0),
            Field("error", Access.RW, "Any bit of ERROR.", 1),
        ),
    )
    irq_status = Register(
        "irq_status",
        0x020,
        "Causes of the interrupt, enabled or not; cleared in STATUS and ERROR.",
        (
            Field("done", Access.RO, "STATUS.DONE.", 0),
            Field("error", Access.RO, "Any bit of ERROR.", 1),
        ),
    )
    layer_cycles = Register(
        "layer_cycles",
        LAYER_CYCLES_ADDRESS,
        "Clock cycles of each layer of the last whole inference; their sum is CYCLES.",
        (Field("value", Access.RO, "Clock cycles.", width=32),),
        count=core.layers,
        window=True,
    )
    return RegisterMap(
        (
            constant("id", 0x000, ID, 'The letters "HAWX".'),
            constant("version", 0x004, version_word(version), "Generator's version, 0xMMmmpppp."),
            constant("config_hash", 0x008, config_hash, "Hash of the configuration."),
            control,
            status,
            error,
            irq_enable,
            irq_status,
            counter("cycles", 0x024, "Clock cycles of the last whole inference, start to done."),
            counter("images_done", 0x028, "Inferences ended since reset, modulo 2**32."),
            counter("images_dropped", 0x02C, "Images lost since reset, modulo 2**32."),
            *_trap_registers(core),
            *own[:2],
            constant(
                "word_codes", 0x048, core.word_codes, "Codes in a word of the activation memory."
            ),
            constant("layers", 0x04C, core.layers, "Number of layers, and of LAYER_CYCLES."),
            constant("image_bytes", 0x050, core.image_layout.bytes, "Bytes of an image packet."),
            constant("result_bytes", 0x054, core.result_layout.bytes, "Bytes of a result packet."),
            constant(
                "parameter_bytes",
                0x058,
                core.parameter_bytes,
                "Bytes of the parameter packet; 0 where the parameters are built in.",
            ),
            *own[2:],
            *_debug_registers(core),
            layer_cycles,
        ),
        ADDRESS_WIDTH,
    )


def _trap_registers(core: CoreSignature) -> tuple[Register, ...]:
    """What the first trap since FLUSH or reset has reported, and the watchdog; none where the core
    has no traps."""
    if core.trap is None:
        return ()
    causes = ", ".join(f"{number} {name}" for number, name in enumerate(core.trap.causes))
    return (
        Register(
            "trap",
            0x030,
            "The first trap since reset or CONTROL.FLUSH.",
            (
                Field("valid", Access.RO, "There was one.", 0),
                Field("source", Access.RO, "The unit of the core that trapped.", 8, 8),
                Field("cause", Access.RO, f"Why: {causes}.", 16, 8),
            ),
        ),
        Register(
            "trap_pc",
            0x034,
            "Where the first trap was.",
            (Field("value", Access.RO, "Address of the instruction.", width=32),),
        ),
        Register(
            "trap_value",
            0x038,
            "What explains the first trap.",
            (Field("value", Access.RO, "The address or encoding that was wrong.", width=32),),
        ),
        Register(
            "watchdog",
            0x03C,
            "Cycles after which an inference is given up with a trap; 0: as many as it needs. One "
            "of so many CYCLES ends by itself. It may be written at any time: an inference that "
            "has taken more ends at once.",
            (Field("value", Access.RW, "Cycles.", width=32),),
        ),
    )


def _debug_registers(core: CoreSignature) -> tuple[Register, ...]:
    """How software halts, steps and reads the core; none where that is not built."""
    debug = core.debug
    if debug is None:
        return ()
    kinds = "; ".join(f"{n} {name}: {text}" for n, (name, text) in enumerate(debug.kinds.items()))
    return (
        Register(
            "debug_control",
            0x080,
            "Commands to the core. Of HALT and RESUME in one write, HALT counts.",
            (
                Field("halt", Access.W1S, "No warp begins an instruction any more.", 0),
                Field("resume", Access.W1S, "All warps may begin instructions.", 1),
                Field(
                    "step",
                    Access.W1S,
                    "The warp of WARP begins one instruction. Ignored where it is not READY, or "
                    "there is none of this number; a later HALT, and the begin of an inference, "
                    "take back what has not begun.",
                    2,
                ),
                Field(
                    "breakpoint",
                    Access.RW,
                    "A warp that is to begin the instruction at DEBUG_BREAK halts all.",
                    3,
                ),
                Field("warp", Access.RW, "The warp that is stepped.", 8, 8),
            ),
        ),
        Register(
            "debug_status",
            0x084,
            "State of the core.",
            (
                Field("halted", Access.RO, "No warp begins an instruction.", 0),
                Field(
                    "still",
                    Access.RO,
                    "Instructions that have begun have ended, or wait for another warp or for the "
                    "result to be sent; after a trap, the walks of the engines have ended.",
                    1,
                ),
                Field("ready", Access.RO, "Warps that would begin an instruction.", 8, 8),
                Field("ended", Access.RO, "Warps that have ended.", 16, 8),
            ),
        ),
        Register(
            "debug_break",
            0x088,
            "Address of the instruction that the core halts before, if DEBUG_CONTROL.BREAKPOINT.",
            (Field("value", Access.RW, "Address.", width=32),),
        ),
        Register(
            "debug_index",
            0x08C,
            "What DEBUG_DATA reads.",
            (
                Field("number", Access.RW, "Of a register or counter.", 0, 8),
                Field(
                    "part", Access.RW, "Lane of a vector register; 32 lanes of a predicate.", 8, 8
                ),
                Field("warp", Access.RW, "Whose state it is.", 16, 8),
                Field("kind", Access.RW, f"{kinds}.", 24, 4),
            ),
        ),
        Register(
            "debug_data",
            0x090,
            "What DEBUG_INDEX names, sign-extended; 0 where there is no such thing. State can be "
            "read while the core is halted and still, counters at any time.",
            (Field("value", Access.RO, "Its value.", width=32),),
        ),
    )
