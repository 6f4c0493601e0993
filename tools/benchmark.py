"""Reproduce the paper's tables and figures: python tools/benchmark.py --preset quick --launcher local --workers 2"""

import sys

from openstl_seqinterp import cli

if __name__ == "__main__":
    sys.exit(cli.main(["benchmark", *sys.argv[1:]]))
