"""Own images or videos as a data set: python tools/prepare_data/import_sequences.py INPUT... --out DATA_ROOT/NAME"""

import sys

from openstl_seqinterp import cli

if __name__ == "__main__":
    sys.exit(cli.main(["import", *sys.argv[1:]]))
