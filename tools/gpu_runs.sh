#!/usr/bin/env bash
# What takes a GPU: the speed there, then the paper's 500 epochs, whose records and tables go to OUT (default: results).
#
#     tools/gpu_runs.sh [OUT]
#
# One call does the next part, within ten minutes but for the first; repeat it until it trains nothing more. Parts are in
# the order of their worth: speed, SimVP and SimVP_SeqInterp on n6, both on n6-all. A call goes on after the last finished
# epoch if OUT/work_dirs is still there. PYTHON and DATA_ROOT name another interpreter and folder of data.
set -euo pipefail

out=${1:-results}
benchmark() {
    "${PYTHON:-python}" "$(dirname "$0")/benchmark.py" --preset paper --methods SimVP SimVP_SeqInterp \
        --data_root "${DATA_ROOT:-data}" "$@"
}

if [ ! -f "$out/gpu/speed.json" ]; then
    benchmark --speed --out "$out/gpu" # beside the CPU's, which the leaderboard of small networks shows
else
    benchmark --compile --train_sets n6 n6-all --seeds 1 --max_time 9 --out "$out"
fi
