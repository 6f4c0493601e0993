from pathlib import Path

import pytest

from openstl_seqinterp import host
from openstl_seqinterp.config import resolve
from openstl_seqinterp.config_file import CONFIGS, read_config
from openstl_seqinterp.errors import UserError

# A config as OpenSTL ships them for Moving MNIST (names and values, not its file).
OPENSTL_SIMVP = """
method = 'SimVP'
spatio_kernel_enc = 3
spatio_kernel_dec = 3
model_type = 'gSTA'
hid_S = 64
hid_T = 512
N_T = 8
N_S = 4
lr = 1e-3
batch_size = 16
drop_path = 0
sched = 'onecycle'
"""


@pytest.fixture
def written(tmp_path):
    def write(text: str) -> list[str]:
        (tmp_path / "mine.py").write_text(text)
        return ["-c", str(tmp_path / "mine.py")]

    return write


def test_the_main_command_is_the_papers_table_1():
    args = resolve(["-d", "seqinterp", "-m", "SimVP", "--model_type", "gSTA"])
    network = (args.hid_S, args.hid_T, args.N_S, args.N_T)
    assert network == (64, 256, 2, 8)
    assert (args.epoch, args.batch_size, args.opt, args.train_set) == (500, 16, "adam", "n6")
    assert (args.pre_seq_length, args.aft_seq_length, args.in_shape) == (4, 4, [4, 1, 36, 36])
    assert len(args.test_sets) == 8


@pytest.mark.parametrize("path", sorted((CONFIGS / "seqinterp").glob("*.py")), ids=lambda path: path.stem)
def test_every_config_resolves_and_opens_with_its_command(path: Path):
    text = path.read_text()
    own = path.stem.endswith(("_own", "_tune"))  # for imported data, whose name and size are the user's
    assert text.startswith(f"# python tools/train.py -d {'NAME' if own else 'seqinterp'}")
    if own:
        assert read_config(path)["method"].lower() in host.method_maps
    elif "(needs OpenSTL)" in text and host.EMBEDDED:
        with pytest.raises(UserError, match=f"unknown method '{path.stem.removesuffix('_quick')}'.*need OpenSTL"):
            resolve(["-c", str(path)])
    else:
        assert resolve(["-c", str(path)]).method.lower() in host.method_maps


def test_given_weights_are_trained_on_with_a_config_of_their_own():
    args = resolve(["-d", "seqinterp_infill", "-m", "SimVP_Motion", "--from", "shipped"])
    assert (Path(args.config_file).name, args.use_augment, args.denoise) == ("SimVP_Motion_tune.py", True, False)
    assert not resolve(["-d", "seqinterp_infill", "-m", "SimVP_Motion"]).use_augment


def test_a_config_written_for_openstl_loads(written):
    args = resolve(written(OPENSTL_SIMVP))
    assert (args.hid_T, args.N_S, args.sched, args.epoch) == (512, 4, "onecycle", 200)


def test_the_command_line_beats_the_config_which_beats_the_defaults(written):
    # OpenSTL lets drop_path and method of a config win, and batch_size lose to the default.
    config = written(OPENSTL_SIMVP + "drop_path = 0.2\nbatch_size = 8\n")
    args = resolve(config)
    assert (args.drop_path, args.batch_size, args.seed) == (0.2, 8, 42)
    args = resolve([*config, "--drop_path", "0", "-b", "16", "-m", "SimVP_SeqInterp", "--seed", "0"])
    assert (args.drop_path, args.batch_size, args.seed, args.method) == (0, 16, 0, "SimVP_SeqInterp")


def test_train_and_test_name_the_same_folder():
    command = ["-c", str(CONFIGS / "seqinterp" / "SimVP_quick.py"), "--train_set", "n6-all"]
    assert resolve(command).ex_name == resolve(command, test=True).ex_name == "seqinterp_SimVP_quick_n6-all"
    assert resolve([*command, "-m", "SimVP_SeqInterp"]).ex_name == "seqinterp_SimVP_SeqInterp_SimVP_quick_n6-all"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--model_typ0"], "unknown argument '--model_typ0'; did you mean '--model_type'?"),
        (["-d", "seqinter"], "unknown data set 'seqinter'; did you mean 'seqinterp'?"),
        (["-d", "mmnist"], "mmnist"),
        (["-m", "SimVPP"], "unknown method 'SimVPP'; did you mean 'SimVP'?"),
        (["--train_set", "n6_all"], "unknown train_set 'n6_all'; did you mean 'n6-all'?"),
        (["--test_sets", "n6", "n7"], "unknown test set 'n7'"),
        (["--model_type", "gSTB"], "'gSTB'; did you mean 'gSTA'?"),
        (["-e", "ten"], "invalid int value: 'ten'"),
        (["-e", "0"], "epoch is 0, expected greater than or equal to 1"),
        (["--lr", "-1"], "lr is -1.0"),
        (["--opt", "adm"], "opt is 'adm', expected 'adam', 'adamw'"),
        (["--sched", "multistep"], "sched is 'multistep', expected 'onecycle'"),
        (["--clip_mode", "agc"], "clip_mode is 'agc', expected 'norm' or 'value'"),
        (["--metric_for_bestckpt", "loss"], "metric_for_bestckpt is 'loss', expected 'val_loss'"),
        (["--seed", "-1"], "seed is -1, expected greater than or equal to 0"),
        (["--num_workers", "-1"], "num_workers is -1, expected greater than or equal to 0"),
        (["--drop_path", "nan"], "argument --drop_path: 'nan' is no finite number"),
        (["--clip_grad", "-1"], "clip_grad is -1.0, expected greater than 0"),
        (["--opt_betas", "0.9"], "opt_betas is [0.9], expected at least 2 items"),
        (["--log_step", "501"], "log_step is 501, more than the 500 epochs"),
        (["--ex_name", "../../x"], "ex_name is '../../x', expected the name of a folder below res_dir"),
        (["--ex_name", "/"], "ex_name is '/'"),
        (["--precision", "64"], "invalid choice: '64'"),
        (["--pre_seq_length", "5"], "pre_seq_length=5 does not fit -d seqinterp, which has 4"),
        (["--device", "tpu"], "--device tpu is not available"),
        (
            ["-m", "LatentAffine", "--compile"],
            "compile works on SimVP networks, which LatentAffine does not use",
        ),
        (["-c", "configs/seqinterp/SimVP_quik.py"], "there is no config file configs/seqinterp/SimVP_quik.py"),
    ],
)
def test_a_bad_command_line_is_one_line_with_the_remedy(argv, message):
    with pytest.raises(UserError) as error:
        resolve(argv)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hid_s = 64\n", "unknown key 'hid_s'; did you mean 'hid_S'?"),
        ("epochs = 3\n", "unknown key 'epochs'; did you mean 'epoch'?"),
        ("lr = = 3\n", "SyntaxError"),
        ("lr = 1 / 0\n", "ZeroDivisionError"),
        ("epoch = 'ten'\n", "epoch is 'ten', expected a valid integer"),
        ("hid_S = 3\n", "hid_S is 3, expected a multiple of 2"),
        ("N_T = 1\n", "N_T is 1, expected greater than or equal to 2"),
        ("N_S = 6\n", "cannot be halved 3 times"),
        ("in_shape = [4, 1, 64, 64]\n", "in_shape=[4, 1, 64, 64] does not fit"),
        ("epoch = None\n", "epoch is None, expected a valid integer"),
        ("hid_T = True\n", "hid_T is True, expected a valid integer"),
        ("mlp_ratio = 'x'\n", "mlp_ratio is 'x', expected a valid number"),
        ("spatio_kernel_enc = 2\n", "spatio_kernel_enc is 2, expected an odd number"),
        ("resume = 'no'\n", "resume is 'no', expected a valid boolean"),
        ("test_sets = []\n", "test_sets is [], expected at least 1 item"),
        ("precision = '64'\n", "precision is '64', expected 'auto', '32', 'bf16' or '16'; did you mean '16'?"),
        ("test = True\n", "unknown key 'test'"),
        ("import sys\nsys.exit(3)\n", "SystemExit: 3"),
        ("from .other import x\n", "an import relative to a package"),
        ("mse_weight = 2.0\n", "unknown key 'mse_weight'"),
    ],
)
def test_a_bad_config_is_one_line_that_names_the_file(written, text, message):
    with pytest.raises(UserError) as error:
        resolve(written("method = 'SimVP'\n" + text))
    assert message in str(error.value)
    assert "mine.py" in str(error.value)
    assert "\n" not in str(error.value)
