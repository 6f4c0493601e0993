import pytest

from openstl_seqinterp.evaluation.records import Record
from openstl_seqinterp.evaluation.tables import markdown, terminal_tables

PREDICTORS = ["model", "copy", "mean", "dis-flow", "motion", "floor"]


def values(number):
    """Distinct numbers for each place of a table."""
    return {"mse": number + 0.25, "mae": number + 0.5, "ssim": number / 1000, "psnr": number + 20.0}


@pytest.fixture
def scores():
    frames = ["4", "16", "all"]
    scores = {
        name: {
            predictor: {frame: values(100 * a + 10 * b + c) for c, frame in enumerate(frames)}
            for b, predictor in enumerate(PREDICTORS)
        }
        for a, name in enumerate(["n6", "n3-aug"])
    }
    scores["n6"]["model"]["all"]["psnr"] = None  # a perfect prediction
    del scores["n3-aug"]["floor"]
    return scores


def record(scores, train_set="n6"):
    about = {"host": "embedded 0.1.0", "checkpoint": "best.ckpt"}
    return Record(method="SimVP", train_set=train_set, seed=0, scores=scores, **about)


def sections(text):
    """Heading: {row name: {column name: cell}}, for every markdown table."""
    found = {}
    for section in text.split("\n## ")[1:]:
        heading, _, table = section.partition("\n\n")
        header, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().split("\n"))
        found[heading] = {row[0]: dict(zip(header[1:], row[1:], strict=True)) for row in rows}
    return found


@pytest.fixture
def text(scores):
    return markdown(record(scores))


def test_markdown_says_what_ran(text):
    assert text.startswith("# SimVP trained on n6\n")
    assert "Host: embedded 0.1.0. Checkpoint: best.ckpt." in text


def test_markdown_has_a_table_for_each_metric_and_image(text, scores):
    titles = ["images 4 and 16", "image 4", "image 16"]
    assert list(sections(text)) == [
        f"{metric}, {title}" for title in titles for metric in ("MSE", "MAE", "SSIM", "PSNR")
    ]
    assert all(list(table) == list(scores) for table in sections(text).values())


@pytest.mark.parametrize(("title", "frame"), [("images 4 and 16", "all"), ("image 4", "4"), ("image 16", "16")])
@pytest.mark.parametrize(("metric", "decimals"), [("mse", 2), ("mae", 1), ("ssim", 3), ("psnr", 1)])
def test_each_cell_of_markdown_is_the_score_of_its_row_and_column(text, scores, title, frame, metric, decimals):
    table = sections(text)[f"{metric.upper()}, {title}"]
    for name, of_set in scores.items():
        for predictor, of_predictor in of_set.items():
            value = of_predictor[frame][metric]
            assert table[name][predictor] == ("-" if value is None else f"{value:.{decimals}f}")


def test_what_is_unknown_is_a_dash(text):
    assert sections(text)["PSNR, images 4 and 16"]["n6"]["model"] == "-"
    assert sections(text)["MSE, image 4"]["n3-aug"]["floor"] == "-"


def test_the_papers_figures_stand_beside_all_images_alone(text):
    # Table 2: 10 x MSE 48.5, MAE 11.7, SSIM 0.61 on n6; 146.3, 17.9, 0.25 on n3-aug. It prints no PSNR.
    found = sections(text)
    for metric, n6, n3_aug in [("MSE", 4.85, 14.63), ("MAE", 11.7, 17.9), ("SSIM", 0.61, 0.25)]:
        table = found[f"{metric}, images 4 and 16"]
        assert [float(table[name]["paper"]) for name in ("n6", "n3-aug")] == [n6, n3_aug]
        assert "paper" not in found[f"{metric}, image 4"]["n6"]
    assert "paper" not in found["PSNR, images 4 and 16"]["n6"]


def test_the_papers_figures_are_those_of_the_training_set(scores):
    # Table 3, trained on n6-all; the paper trained on neither n6-miss nor n6-aug alone.
    for train_set, expected in {"n6-all": "8.77", "n6-miss": None}.items():
        table = sections(markdown(record(scores, train_set)))["MSE, images 4 and 16"]
        assert table["n6"].get("paper") == expected


def test_what_is_known_of_no_test_set_has_no_column(scores):
    own = {name: {key: of_set[key] for key in PREDICTORS if key != "floor"} for name, of_set in scores.items()}
    table = sections(markdown(record(own)))["MSE, images 4 and 16"]
    assert "floor" not in table["n6"]
    assert "motion" in table["n6"]
    columns = [str(column.header) for column in terminal_tables(record(own))[0].columns]
    assert "MSE\nfloor" not in columns
    assert "MSE\nmotion" in columns


def test_terminal_tables_hold_the_models_metrics_and_the_mse_of_the_rest(scores):
    tables = terminal_tables(record(scores))
    assert [table.title for table in tables] == [
        f"SimVP trained on n6: {title}" for title in ("images 4 and 16", "image 4", "image 16")
    ]
    for table, frame in zip(tables, ["all", "4", "16"], strict=True):
        columns = {str(column.header): list(column.cells) for column in table.columns}
        assert columns.pop("test set") == list(scores)
        if frame == "all":
            assert columns.pop("MSE\npaper") == ["4.85", "14.63"]
        model = [scores[name]["model"][frame] for name in scores]
        assert columns.pop("MSE\nmodel") == [f"{metrics['mse']:.2f}" for metrics in model]
        assert columns.pop("MAE\nmodel") == [f"{metrics['mae']:.1f}" for metrics in model]
        assert columns.pop("SSIM\nmodel") == [f"{metrics['ssim']:.3f}" for metrics in model]
        psnr = columns.pop("PSNR\nmodel")
        assert psnr == ["-" if metrics["psnr"] is None else f"{metrics['psnr']:.1f}" for metrics in model]
        assert columns.pop("MSE\nfloor") == [f"{scores['n6']['floor'][frame]['mse']:.2f}", "-"]
        assert columns == {
            f"MSE\n{predictor}": [f"{scores[name][predictor][frame]['mse']:.2f}" for name in scores]
            for predictor in ("copy", "mean", "dis-flow", "motion")
        }
