"""Work out the rows of data/facts/variation.csv again, from the open files in a folder.

python tools/variation.py FOLDER        prints id, value, se, groups and n of what the files there allow
"""

from __future__ import annotations

import sys
from pathlib import Path

from analysis.answers.variation import variation_rows
from analysis.workspace import Workspace


def main() -> None:
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit(__doc__)
    here = Workspace.current()
    rows = variation_rows(Workspace(here.root, Path(sys.argv[1]).resolve()))
    print(rows.to_csv(index=False, float_format="%.4f"), end="")


if __name__ == "__main__":
    main()
