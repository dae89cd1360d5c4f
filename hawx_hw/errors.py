"""The errors that a user sees: what is wrong, where, and how to correct it."""

__all__ = ["HawxError", "UserError", "VerificationError"]


class HawxError(Exception):
    """Base of every error that the command line reports without a traceback."""

    exit_status = 1


class UserError(HawxError):
    """Something that the user can correct: a config, a file, data, a missing tool.

    Parameters
    ----------
    what : str
        What is wrong, in one sentence.
    where : str or None
        The file, line and key concerned, such as ``configs/lenet5.yaml:7: accelerator.clock_mhz``.
    hint : str or None
        What to do about it.
    """

    exit_status = 2

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None):
        self.what = what
        self.where = where
        self.hint = hint
        super().__init__(what)

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text.rstrip('.')}. {self.hint}" if self.hint else text


class VerificationError(HawxError):
    """The generated Verilog and the integer model disagree, or nothing was compared."""

    exit_status = 1
