"""``python -m openstl_seqinterp COMMAND ...`` is ``seqinterp COMMAND ...``. Given the path of one of OpenSTL's own,
unmodified scripts, it runs that with the plugin's data sets, methods and runner::

    python -m openstl_seqinterp OpenSTL/tools/train.py -d seqinterp -m SimVP --model_type gSTA -c CONFIG
    torchrun --nproc-per-node 2 -m openstl_seqinterp OpenSTL/tools/train.py ...

OpenSTL's other data sets get OpenSTL's own runner, as if the plugin were not there.
"""

from __future__ import annotations

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
