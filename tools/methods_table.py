"""Run every method of OpenSTL on seqinterp, one tiny epoch and a test each, and write docs/openstl-methods.md.

    PYTHONPATH=OpenSTL python tools/methods_table.py            # all of them, about half an hour on two cores
    PYTHONPATH=OpenSTL python tools/methods_table.py MIM WaST   # these rows alone

A line says what happened in that run; nothing in the table is written by hand but the remarks below.
"""

import contextlib
import io
import os
import sys
import tempfile
import traceback
from pathlib import Path

from openstl_seqinterp import cli, host
from openstl_seqinterp.config_file import CONFIGS
from openstl_seqinterp.data.simulate import write_dataset
from openstl_seqinterp.files import write_text

ROOT = CONFIGS.parent
METHODS = [
    *("ConvLSTM", "PredRNN", "PredRNNpp", "PredRNNv2", "MIM", "MAU", "E3DLSTM", "PhyDNet", "TAU", "MMVP"),
    *("SwinLSTM_D", "SwinLSTM_B", "WaST"),
]
REMARKS = {
    "SimVP Swin": "its window of 4 does not divide the grid of 18; OpenSTL has no setting for it",
    "PhyDNet": "OpenSTL trains on the MSE between the loss of its model and the target; here, on the loss itself",
    "MIM": "OpenSTL carries its memory over from batch to batch; here, each batch begins without",
    "MMVP": "mixes up the channels of colour images",
    "WaST": "`loss_weight` needs a GPU whatever the device",
}
HEADER = """# Methods of OpenSTL on `-d seqinterp`

4 images of 36x36 in, 4 out. For each row, `tools/methods_table.py` trained one tiny epoch (20 sequences) and tested
on a CPU, with {host}. The table shows whether a method runs, not how well it does.
The SimVP rows use `-m SimVP --model_type NAME -c configs/seqinterp/SimVP_quick.py`; the others, `-m NAME` with its
config in `configs/seqinterp/`.

| method | config | result | remark |
|---|---|---|---|
"""


def attempt(arguments: list[str]) -> str:
    """``"works"``, or the last line of what went wrong."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            failed = cli.main(["train", *arguments])
    except Exception:  # noqa: BLE001 - whatever a method of OpenSTL raises is the result
        return f"fails: {traceback.format_exc().strip().splitlines()[-1]}"
    return f"fails: {printed.getvalue().strip().splitlines()[-1]}" if failed else "works"


def row(label: str, config: str, result: str) -> str:
    """A line of the table."""
    return f"| {label} | `{config}.py` | {result} | {REMARKS.get(label, '')} |"


def main(wanted: list[str]) -> None:
    """Run the methods that are ``wanted`` (all, if none is named) and write their rows."""
    table = ROOT / "docs" / "openstl-methods.md"
    rows = {}
    if wanted and table.is_file():
        rows = {
            line.split(" | ")[0].removeprefix("| "): line
            for line in table.read_text().splitlines()[HEADER.count("\n") :]
        }
    runs = {f"SimVP {name}": ("SimVP_quick", ["-m", "SimVP", "--model_type", name]) for name in host.MODEL_TYPES}
    runs |= {name: (name, ["-m", name]) for name in METHODS}
    with tempfile.TemporaryDirectory() as folder:
        write_dataset(Path(folder), sets={"n6": (6, 20), "n3": (3, 4)})
        common = ["-d", "seqinterp", "--data_root", folder, "--res_dir", folder, "-e", "1", "--test_sets", "n6"]
        common += ["--precision", "32", "--no_display_method_info"]
        for label in wanted or runs:
            config, arguments = runs[label]
            path = str(CONFIGS / "seqinterp" / f"{config}.py")
            result = attempt([*common, *arguments, "-c", path, "--ex_name", label.replace(" ", "_")])
            print(f"{label}: {result}", flush=True)
            rows[label] = row(label, config, result)
    write_text(table, HEADER.format(host=host.NAME) + "\n".join(rows[label] for label in runs if label in rows) + "\n")


if __name__ == "__main__":
    os.chdir(ROOT)
    main(sys.argv[1:])
