"""The command line of ``seqinterp predict``."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import Parser, UserError, require_known
from ...running import quiet_lightning
from .job import Job


def predict(argv: Sequence[str]) -> None:
    """Fill the missing images of a sequence of the user's own."""
    parser = Parser(
        prog="seqinterp predict",
        description="Fill, extend or refine a sequence: a folder of images, a video, .npy, .npz or .csv.",
    )
    parser.add_argument("input", help="folder of images, video (mp4, avi, gif, ...), array (npy, npz) or table (csv)")
    parser.add_argument("--checkpoint", help="best.ckpt of a run")
    parser.add_argument("--method", help="instead of a checkpoint: dis-flow, mean or copy, which need no training")
    parser.add_argument(
        "--missing", nargs="+", default=[], metavar="N", help="images to fill, counted from 1, or: auto"
    )
    parser.add_argument("--extend", type=int, default=0, metavar="K", help="predict K more images at the end")
    parser.add_argument("--insert", type=int, default=0, metavar="K", help="put K images between each two")
    parser.add_argument("--out", required=True, help="folder for the result")
    parser.add_argument("--overwrite", action="store_true", help="write into a folder that holds files")
    parser.add_argument("--truth", help="the whole sequence in the same form: what is filled is scored against it")
    parser.add_argument("--csv_shape", type=int, nargs=3, metavar=("T", "H", "W"), help="of a sequence in a csv")
    parser.add_argument("--tile", type=int, metavar="N", help="read larger images in parts of N pixels a side")
    parser.add_argument("--device", default="cuda", help="cuda (a GPU where there is one; the default) or cpu")
    args = parser.parse_args(argv)
    require_known("device", args.device, ["cuda", "cpu"])
    if args.tile is not None and args.tile < 32:
        raise UserError(f"--tile is {args.tile}, expected at least 32")
    quiet_lightning()
    report = Job(args).run()
    length = report["length"]
    between = report["sequences"] * (length["after"] - length["before"] - args.extend)
    filled = len(report["filled"]) + between
    print(f"filled {filled} images, wrote {args.out}: the sequence, strip.png, sequence.gif, report.json")
    for note in report["notes"]:
        print(note)
    if "scores" in report:
        mean = report["scores"]["mean"]
        print("against the truth: " + ", ".join(f"{metric} {value:.4g}" for metric, value in mean.items()))
