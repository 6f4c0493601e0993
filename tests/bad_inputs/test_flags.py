"""Bad flags of every command, and bad config files."""

import pytest

COMMANDS = {
    "nope": "unknown command 'nope'.*known: train, test",
    "trian": "unknown command 'trian'; did you mean 'train'",
    "nowhere.py": "no script 'nowhere.py'; name OpenSTL's tools/train.py",
    "--nope": "arguments are required: COMMAND",
    "inspect": "arguments are required: inputs",
    "compare": "arguments are required: runs",
    "compare nowhere": "nowhere has no scores.json; train or test",
    "compare good.npy": "good.npy has no scores.json",
    "prepare --seed -1 --data_root out": "--seed is -1, expected at least 0",
    "prepare --seed x": "--seed: invalid int value: 'x'",
    "prepare --data_root good.npy": "good.npy is a file, expected a folder",
    "prepare --data_root nodata": "nodata/seqinterp is a file, expected a folder",
    "prepare extra": "unrecognized arguments: extra",
}
PREDICT = {
    "": "no image of good.npy is missing .*; name some with --missing",
    "--missing 0": "--missing 0: good.npy has images 1 to 7",
    "--missing 8": "--missing 8: good.npy has images 1 to 7",
    "--missing -1": "--missing -1: good.npy has images 1 to 7",
    "--missing two": "--missing 'two' is neither a number nor one of auto",
    "--missing nan": "--missing 'nan' is neither a number nor one of auto",
    "--missing frozn": "did you mean 'frozen'",
    "--missing 99999999999999999999": "--missing 99999999999999999999: good.npy has images 1 to 7",
    "--missing 1 2 3 4 5 6 7": "of 7 images 0 are observed",
    "--extend -1": "--extend is -1, expected at least 0",
    "--extend x": "--extend: invalid int value: 'x'",
    "--extend 1.5": "--extend: invalid int value: '1.5'",
    "--extend 1000000000000": "--extend 1000000000000 would make more than 1000000 images",
    "--insert -1": "--insert is -1, expected at least 0",
    "--insert 1000000000000": "--insert 1000000000000 .*more than 1000000 images",
    "--at never": "'never' is no instant of this sequence: expected a number",
    "--at nan": "--at nan is beyond the sequence, which is from 1 to 7",
    "--at 99": "--at 99 is beyond the sequence",
    "--at inf": "--at inf is beyond the sequence",
    "--at 2016-09-28T14:52": "'2016-09-28T14:52' is no instant",
    "--every 0": "--every '0': expected an interval above 0",
    "--every -1": "--every '-1': expected an interval above 0",
    "--every nan": "--every 'nan': expected an interval above 0",
    "--every inf": "--every 'inf': expected an interval above 0",
    "--every 1min": "--every '1min': expected a number",
    "--every 0.000000001": "--every 0.000000001 would make more than 1000000 images",
    "--every 0.5 --insert 1": "leave out --insert and --at",
    "--missing 2 --holes fil": "unknown --holes 'fil'; did you mean 'fill'",
    "--missing 2 --range 1 1": "--range is 1 1, expected two finite numbers that rise",
    "--missing 2 --range nan 1": "--range: 'nan' is no finite number",
    "--missing 2 --range 0 inf": "--range: 'inf' is no finite number",
    "--missing 2 --range 1": "--range: expected 2 arguments",
    "--missing 2 --as mpp4": "unknown form 'mpp4'; did you mean 'mp4'",
    "--missing 2 --fps 25": "--fps does not apply to npy",
    "--missing 2 --fps 0": "--fps is 0.0, expected a finite number above 0",
    "--missing 2 --fps nan": "--fps: 'nan' is no finite number",
    "--missing 2 --as mp4 --codec h265x": "unknown codec 'h265x'; did you mean 'h264'",
    "--missing 2 --codec h264": "--codec does not apply to npy",
    "--missing 2 --truth nowhere.npy": "nowhere.npy is missing",
    "--missing 2 --truth one.npy": r"--truth one.npy has .*\(1, 1, 16, 20, 1\).*expected .*\(1, 7, 16, 20, 1\)",
    "--missing 2 --truth cut.npy": "cut.npy is damaged",
    "--missing 2 --tile 8": "--tile is 8, expected at least 32",
    "--missing 2 --tile x": "--tile: invalid int value: 'x'",
    "--missing 2 --device tpu": "unknown device 'tpu'",
    "--missing 2 --method mean --checkpoint x.ckpt": "give either a checkpoint",
    "--missing 2 --method meen": "unknown method 'meen'; did you mean 'mean'",
    "--missing 2 --out good.tif": "--out good.tif is there already",
    "--missing 2 --out seq": "--out seq already holds files",
    "--missing 2 --out seq --overwrite": "--out seq holds files but no report.json",
    "--missing 2 --out . --overwrite": r"--out \. is or holds the input",
    "--missing 2 --out good.npy --overwrite": "--out good.npy is or holds the input",
    "--missing 2 --out word.xyz": "--out word.xyz is a file, expected a folder",
    "--missing 2 --out good.npy/out": "cannot write to folder good.npy",
    "--missing 2 --out out.xyz.mp4 --as tif": "--out out.xyz.mp4 is no tif",
    "--nope": "unrecognized arguments: --nope",
}
IMPORT = {
    "good.npy": "there are 7 images, expected at least 12",
    "nan_long.npy": "nan_long.npy .*no finite value",
    "small_long.npy": r"small_long.npy: images are \(2, 2\) .*expected 8 or more",
    "long.npy --out bad-name": "'bad-name' cannot name a data set; use letters",
    "long.npy --out seqinterp": "'seqinterp' cannot name a data set",
    "long.npy --out data": "--out data already holds files",
    "long.npy --out good.npy/out": "cannot write to folder good.npy",
    "long.npy --length 2": "--length: 2 is not between 3 and",
    "long.npy --length 99": "60 images give 0 for training.*smaller --length",
    "long.npy --length x": "--length: invalid int value: 'x'",
    "long.npy --stride 0": "--stride: 0 is not between 1 and",
    "long.npy --size 4 4": "--size: 4 is not between 8 and",
    "long.npy --size 1000000 1000000": "--size: 1000000 is not between 8 and 16384",
    "long.npy --size 16": "--size: expected 2 arguments",
    "long.npy --withhold 0": "--withhold 0: expected images of 1 to 15",
    "long.npy --withhold 99": "--withhold 99: expected images of 1 to 15",
    "long.npy --withhold 2 2": "--withhold 2 2: .*each once",
    "long.npy --length 4 --withhold 1 2 3": "--withhold 1 2 3: .*two or more left",
    "long.npy --range 3 1": "--range is 3 1, expected the lower value first",
    "long.npy --range nan 1": "--range: 'nan' is no finite number",
    "long.npy --seed -1": "--seed is -1, expected at least 0",
    "long.npy --fill_value nan": "--fill_value: 'nan' is no finite number",
    "long.npy rgb.npy": "rgb.npy: channels 3, expected 1 as in long.npy",
    "long.npy float.npy": "float.npy: values of type float32, expected uint8 as in long.npy",
    "long.npy --times two_stamps.csv": "--times two_stamps.csv has 3 rows, expected 60",
}
BENCHMARK = {
    "--methods Nope": r"unknown --methods 'Nope' \(known: .*SimVP, ",
    "--methods SimVPP": "unknown --methods 'SimVPP'; did you mean 'SimVP'",
    "--train_sets n66": "unknown --train_sets 'n66'; did you mean 'n6'",
    "--preset quik": "unknown --preset 'quik'; did you mean 'quick'",
    "--max_time nan": "--max_time: 'nan' is no finite number",
    "--max_time inf": "--max_time: 'inf' is no finite number",
    "--max_time -1": "--max_time is -1.0, expected at least 0",
    "--seeds 0": "--seeds is 0, expected at least 1",
    "--seeds x": "--seeds: invalid int value: 'x'",
    "--jobs 0": "--jobs is 0, expected at least 1",
    "--shard 3/2": "--shard is '3/2', expected I/N",
    "--shard x": "--shard is 'x', expected I/N",
    "--out good.npy": "cannot write to folder good.npy",
    "--data_root typo": "--data_root typo is no folder; .*seqinterp prepare --data_root typo",
    "--nope": "unrecognized arguments: --nope",
}
TRAIN = {
    "--lr inf": "--lr: 'inf' is no finite number",
    "--lr nan": "--lr: 'nan' is no finite number",
    "--lr 0": "lr is 0.0, expected greater than 0",
    "--lr fast": "--lr: invalid float value: 'fast'",
    "--min_lr nan": "--min_lr: 'nan' is no finite number",
    "--clip_grad inf": "--clip_grad: 'inf' is no finite number",
    "--clip_grad 0": "clip_grad is 0.0, expected greater than 0",
    "--warmup_epoch 99 --epoch 2": "warmup_epoch is 99, expected less than the 2 epochs",
    "--warmup_epoch -1": "warmup_epoch is -1, expected",
    "--gpus 7": r"--gpus 7 is not there \(GPUs here: \d",
    "--gpus -1": "--gpus -1 is not there",
    "--epoch 0": "epoch is 0, expected",
    "--epoch 1.5": "epoch.*invalid int value: '1.5'",
    "--log_step 9": "log_step is 9, more than the 3 epochs",
    "--batch_size 0": "batch_size is 0, expected",
    "--num_workers -1": "num_workers is -1, expected",
    "--seed -1": "seed is -1, expected",
    "--seed 4294967296": "seed is 4294967296, expected less than",
    "--drop 1": "drop is 1.0, expected",
    "--momentum 2": "momentum is 2.0, expected",
    "--weight_decay -1": "weight_decay is -1.0, expected",
    "--opt_betas 2 3": "opt_betas is 2.0, expected less than 1",
    "--opt_betas 0.9": r"opt_betas is \[0.9\], expected at least 2 items",
    "--clip_mode both": "clip_mode is 'both', expected 'norm' or 'value'",
    "--opt sgdd": "opt is 'sgdd', expected 'adam'",
    "--sched cosin": "sched is 'cosin', .*did you mean 'cosine'",
    "--decay_epoch 0": "decay_epoch is 0.0, expected",
    "--final_div_factor 0.5": "final_div_factor is 0.5, expected",
    "--precision 8": "--precision: invalid choice: '8'",
    "--balance speed": "balance is 'speed', expected 'none' or 'velocity'",
    "--epoch_cases 0": "epoch_cases is 0, expected",
    "--logger wandb": "--logger: invalid choice: 'wandb'",
    "--train_set n9": "unknown train_set 'n9'; did you mean 'n6'",
    "--test_sets n9": "unknown test set 'n9'; did you mean 'n6'",
    "--test_sets": "--test_sets: expected at least one argument",
    "--ex_name ../up": "ex_name is '../up', expected the name of a folder",
    "--res_dir good.npy": "cannot write to folder good.npy",
    "--device tpu": "--device tpu is not available",
    "-m Nope": r"unknown method 'Nope' .*known: .*SimVP",
    "-m SimVP_Motin": "did you mean 'SimVP_Motion'",
    "-d nope": "unknown data set 'nope'",
    "-d seqinterp_infill": "SimVP reads -d seqinterp, not seqinterp_infill",
    "--pre_seq_length 9": "pre_seq_length=9 does not fit -d seqinterp, which has 4",
    "--nope 3": "unknown argument '--nope'",
    "--ckpt_path nofile.ckpt": "there is no checkpoint nofile.ckpt",
    "--ckpt_path data": "there is no checkpoint data",
    "--resume": "there is no checkpoint .*last.ckpt; train first",
    "--data_root typo": "--data_root typo is no folder; .*seqinterp prepare --data_root typo",
    "--data_root typo/deeper": "--data_root typo/deeper is no folder",
    "--data_root typo -d mine": "unknown data set 'mine' .*imported into typo, which is no folder",
    "--data_root good.npy": "--data_root good.npy is no folder",
    "--data_root nodata": "nodata/seqinterp is a file, expected a folder",
}
CONFIGS = {
    "syntax.py": r"config syntax.py cannot be read: SyntaxError: invalid syntax \(syntax.py, line 1\)",
    "raises.py": "config raises.py cannot be read: ValueError: no such thing",
    "silent.py": "config silent.py cannot be read: RuntimeError: RuntimeError",
    "exits.py": "config exits.py cannot be read: SystemExit: 3",
    "imports.py": "config imports.py cannot be read: ModuleNotFoundError: No module named 'nowhere_at_all'",
    "from_import.py": "config from_import.py cannot be read: ModuleNotFoundError: No module named 'nowhere_at_all'",
    "relative.py": (
        "config relative.py cannot be read: ImportError: line 1: a config is no package, so it has no relative "
        "imports; name the other file: _base_ = 'other.py'"
    ),
    "divides.py": "config divides.py cannot be read: ZeroDivisionError",
    "bytes.py": "config bytes.py cannot be read: SyntaxError",
    "base.py": "config base.py cannot be read: FileNotFoundError: .*nowhere.py",
    "folder.py": "there is no config file folder.py",
    "nowhere.py": "there is no config file nowhere.py",
    "tiny.yaml": r"config tiny.yaml is no \.py; write it as a Python file",
    "unsafe.yaml": r"config unsafe.yaml is no \.py",
    "tiny.json": r"config tiny.json is no \.py",
    "tiny.toml": r"config tiny.toml is no \.py",
    "tiny": r"config tiny is no \.py",
    "unknown.py": "config unknown.py: unknown key 'learning_rate'",
    "lr_text.py": "lr_text.py and command line: lr is 'fast', expected a valid number",
    "lr_nan.py": "lr is nan, expected a finite number",
    "lr_inf.py": "lr is inf, expected a finite number",
    "width.py": "hid_S is 3, expected a multiple of 2",
    "width_text.py": "hid_S is 'a', expected a valid integer",
    "width_half.py": "hid_S is 4.5, expected a valid integer",
    "depth.py": "N_S is 0, expected",
    "kernel.py": "spatio_kernel_enc is 4, expected an odd number",
    "halves.py": r"images of \[36, 36\] cannot be halved 4 times for N_S=8",
    "method.py": "unknown method 'Nope'",
    "method_list.py": r"unknown method \['SimVP'\]",
    "name.py": "unknown data set 'nope'",
    "shape.py": r"in_shape=\[4, 1, 99, 99\] does not fit -d seqinterp",
    "passes.py": "refinements is 'a', expected a valid integer",
    "passes_many.py": "refinements is 1000000000, expected less than or equal to 100",
    "batch.py": "batch_size is True, expected a valid integer",
    "opt.py": "opt is 'sgdd', expected 'adam'",
    "sched.py": "sched is 'multistep', expected 'onecycle'",
    "betas.py": r"opt_betas is \[0.9\], expected at least 2",
    "gpus.py": r"gpus is \[\], expected at least 1",
    "test.py": "unknown key 'test'",
}


@pytest.mark.parametrize(("command", "message"), COMMANDS.items())
def test_commands(bad, refused, command, message):
    refused(command, message)


@pytest.mark.parametrize(("flags", "message"), PREDICT.items())
def test_predict(bad, refused, flags, message):
    refused(f"predict good.npy --method mean --device cpu --out out {flags}", message)


@pytest.mark.parametrize(("words", "message"), IMPORT.items())
def test_import(bad, refused, words, message):
    refused(f"import --out out {words}", message)


@pytest.mark.parametrize(("flags", "message"), BENCHMARK.items())
def test_benchmark(bad, refused, flags, message):
    refused(f"benchmark --out out --data_root data {flags}", message)


@pytest.mark.parametrize(("flags", "message"), TRAIN.items())
def test_train(bad, refused, flags, message):
    refused(f"train -c tiny.py --data_root data --res_dir out {flags}", message)


@pytest.mark.parametrize(("name", "message"), CONFIGS.items())
def test_configs(bad, refused, name, message):
    refused(f"train -c {name} --data_root data --res_dir out", message)
    refused(f"test -c {name} --data_root data --res_dir out", message)
