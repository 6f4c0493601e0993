"""Fill the missing images of a sequence: python tools/predict.py INPUT --checkpoint CKPT --missing 4 16 --out DIR"""

import sys

from openstl_seqinterp import cli

if __name__ == "__main__":
    sys.exit(cli.main(["predict", *sys.argv[1:]]))
