"""``python -m hawx_hw`` is the ``hawx`` command."""

import sys

if __name__ == "__main__":
    if not sys.flags.safe_path:
        # Python puts the current folder in front, whose files would pass for libraries.
        del sys.path[0]
    from hawx_hw.cli.entry import main

    main()
