"""Run every method of OpenSTL on seqinterp, one tiny epoch and a test each, and write docs/methods.md.

    PYTHONPATH=OpenSTL python tools/methods_table.py

A line says what happened in that run; nothing in the table is written by hand but the remarks below.
"""

import contextlib
import io
import os
import tempfile
import traceback
from pathlib import Path

from openstl_seqinterp import cli, host
from openstl_seqinterp.config import CONFIGS
from openstl_seqinterp.data.simulate import write_dataset
from openstl_seqinterp.files import write_text

ROOT = CONFIGS.parent
METHODS = [
    *("ConvLSTM", "PredRNN", "PredRNNpp", "PredRNNv2", "MIM", "MAU", "E3DLSTM", "PhyDNet", "TAU", "MMVP"),
    *("SwinLSTM_D", "SwinLSTM_B", "WaST"),
]
REMARKS = {
    "SimVP Swin": "its window of 4 does not divide the grid of 18; OpenSTL has no setting for it",
    "PhyDNet": "OpenSTL trains it on the MSE between its loss and the target: it runs and learns nothing useful",
    "MIM": "keeps its memory from batch to batch, so a score depends a little on the order of the cases",
    "MMVP": "mixes up the channels of colour images",
    "WaST": "`loss_weight` asks for a GPU whatever the device",
}
HEADER = """# Methods of OpenSTL on `-d seqinterp`

4 images of 36x36 in, 4 out. Each row is a run of one tiny epoch (20 sequences) and a test on a CPU, made by
`tools/methods_table.py` with {host}. It says whether a method runs, not how good it is.
Every SimVP row is `-m SimVP --model_type NAME -c configs/seqinterp/SimVP_quick.py`, every other one `-m NAME`, which
takes its config from `configs/seqinterp/`.

| method | config | result | remark |
|---|---|---|---|
"""


def attempt(arguments: list[str]) -> str:
    """``"works"``, or the last line of what went wrong."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            failed = cli.run(cli.train, arguments)
    except Exception:  # noqa: BLE001 - whatever a method of OpenSTL raises is the result
        return f"fails: {traceback.format_exc().strip().splitlines()[-1]}"
    return f"fails: {printed.getvalue().strip().splitlines()[-1]}" if failed else "works"


def main() -> None:
    """Run everything and write the table."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        write_dataset(Path(folder), sets={"n6": (6, 20), "n3": (3, 4)})
        common = ["-d", "seqinterp", "--data_root", folder, "--res_dir", folder, "-e", "1", "--test_sets", "n6"]
        common += ["--precision", "32", "--no_display_method_info"]
        quick = "configs/seqinterp/SimVP_quick.py"
        runs = [(f"SimVP {name}", quick, ["-m", "SimVP", "--model_type", name]) for name in host.MODEL_TYPES]
        runs += [(name, f"configs/seqinterp/{name}.py", ["-m", name]) for name in METHODS]
        for number, (label, config, arguments) in enumerate(runs):
            result = attempt([*common, *arguments, "-c", str(ROOT / config), "--ex_name", str(number)])
            print(f"{label}: {result}", flush=True)
            rows.append(f"| {label} | `{Path(config).name}` | {result} | {REMARKS.get(label, '')} |")
    write_text(ROOT / "docs" / "methods.md", HEADER.format(host=host.NAME) + "\n".join(rows) + "\n")


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
