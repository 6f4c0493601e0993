"""Train a method on image sequences and score it: python tools/train.py -d seqinterp -m SimVP --model_type gSTA"""

import sys

from openstl_seqinterp import cli

if __name__ == "__main__":
    sys.exit(cli.main(["train", *sys.argv[1:]]))
