"""``python -m docs.generate [PAGE ...]`` writes the pages, all but the slow ones by default."""

from __future__ import annotations

import argparse

from docs.generate.pages import DOCS, PAGES, SLOW
from hawx_hw.util.files import write_text

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description=__doc__)
    parser.add_argument("page", nargs="*", choices=[*PAGES, []], help=", ".join(PAGES))
    for name in parser.parse_args().page or [page for page in PAGES if page not in SLOW]:
        write_text(DOCS / name, PAGES[name]())
