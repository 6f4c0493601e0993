"""Score the best checkpoint of a run: python tools/test.py -d seqinterp -m SimVP --model_type gSTA"""

import sys

from openstl_seqinterp import cli

if __name__ == "__main__":
    sys.exit(cli.main(["test", *sys.argv[1:]]))
