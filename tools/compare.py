"""Several runs in one table: python tools/compare.py work_dirs/RUN work_dirs/ANOTHER ..."""

import sys

from openstl_seqinterp import cli

if __name__ == "__main__":
    sys.exit(cli.main(["compare", *sys.argv[1:]]))
