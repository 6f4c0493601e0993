"""Write the simulated sequences: python tools/prepare_data/seqinterp.py [--data_root ./data]"""

import sys

from openstl_seqinterp import cli

if __name__ == "__main__":
    sys.exit(cli.main(["prepare", *sys.argv[1:]]))
