import cv2
import numpy as np
import pytest
from PIL import GifImagePlugin, Image, ImageSequence

from openstl_seqinterp.data.forms import base, open_source
from openstl_seqinterp.errors import UserError

LENGTH, HEIGHT, WIDTH = 5, 18, 22
MISSING = [0, 1, None, 3, 4]
APPENDED = [0, 1, 2, 3, 4, None]
INSERTED = [0, None, 1, None, 2, 3, 4]
LAYOUTS = pytest.mark.parametrize("layout", [MISSING, APPENDED, INSERTED], ids=["missing", "appended", "inserted"])

IMAGES = {
    "png grey": ("png", 1, "uint8"),
    "png colour": ("png", 3, "uint8"),
    "png alpha": ("png", 4, "uint8"),
    "png 16 bit": ("png", 1, "uint16"),
    "png 16 bit colour": ("png", 3, "uint16"),
    "jpg": ("jpg", 3, "uint8"),
    "jpeg grey": ("jpeg", 1, "uint8"),
    "tif 16 bit": ("tif", 1, "uint16"),
    "tiff colour": ("tiff", 3, "uint8"),
    "bmp": ("bmp", 3, "uint8"),
}
VIDEOS = {"mp4": "mp4v", "avi": "MJPG", "mov": "mp4v", "mkv": "mp4v"}
ARRAYS = {
    "three": ((LENGTH, 8, 9), "uint8"),
    "channels": ((LENGTH, 8, 9, 3), "uint16"),
    "many": ((2, LENGTH, 8, 9), "float32"),
    "five": ((2, LENGTH, 8, 9, 1), "float64"),
}


def random(*shape, dtype="uint8", seed=0):
    """Any value of an integer dtype, or [0, 1) of a float one."""
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.random(shape).astype(dtype)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def filler(source):
    """A function that fills, and the frames it gives: few colours, so that a gif holds them exactly."""

    def filled(sequence, position):
        seed = 100 * sequence + position
        if source.dtype.kind == "f":
            return random(*source.shape, dtype=source.dtype, seed=seed)
        return (random(*source.shape, seed=seed) // 64 * 60).astype(source.dtype)

    return filled


def write(source, tmp_path, layout):
    folder = tmp_path / "out"
    folder.mkdir()
    paths = source.write(folder, layout, filler(source))
    assert sorted(paths) == sorted(folder.iterdir())
    return paths


def expected(frames, source, layout, sequence=0):
    """The output frames, known ones as they were read independently."""
    fill = filler(source)
    return [fill(sequence, p).reshape(frames[0].shape) if q is None else frames[q] for p, q in enumerate(layout)]


def read_images(paths):
    return [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in paths]


def read_video(path):
    capture = cv2.VideoCapture(str(path))
    frames = []
    while (result := capture.read())[0]:
        frames.append(result[1])
    return frames


def read_gif(path):
    with Image.open(path) as image:
        return [np.array(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]


def image_folder(path, names, channels=3, dtype="uint8", size=(HEIGHT, WIDTH)):
    path.mkdir(exist_ok=True)
    for seed, name in enumerate(names):
        assert cv2.imwrite(str(path / name), random(*size, channels, dtype=dtype, seed=seed))
    return path


def video(path, code, size=(HEIGHT, WIDTH), length=LENGTH):
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), 12.5, size[::-1])
    for seed in range(length):
        writer.write(random(*size, 3, seed=seed))
    writer.release()
    return path


def gif(path, channels=3):
    frames = [random(HEIGHT, WIDTH, channels, seed=seed) // 64 * 64 for seed in range(LENGTH)]
    images = [Image.fromarray(np.broadcast_to(frame, (HEIGHT, WIDTH, 3)).copy()) for frame in frames]
    images[0].save(path, save_all=True, append_images=images[1:], duration=[100, 200, 300, 400, 500], loop=0)
    return path


def assert_refused(path, *words, **arguments):
    """One line that names the file and holds every word."""
    with pytest.raises(UserError) as refusal:
        open_source(path, **arguments)
    message = str(refusal.value)
    assert "\n" not in message
    assert all(str(word) in message for word in (path.name, *words)), message


def truncate(path, part=0.6):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    return path


# Folders of images


@LAYOUTS
@pytest.mark.parametrize("kind", IMAGES)
def test_folder_of_images(tmp_path, kind, layout):
    suffix, channels, dtype = IMAGES[kind]
    names = [f"shot{number:03d}.{suffix}" for number in range(8, 8 + LENGTH)]
    folder = image_folder(tmp_path / "in", names, channels, dtype)
    source = open_source(folder)
    assert (source.sequences, source.length, source.absent) == (1, LENGTH, ())
    assert (source.shape, source.dtype) == ((HEIGHT, WIDTH, channels), np.dtype(dtype))
    assert source.colour_order == ("grey" if channels == 1 else "bgr")
    inputs = read_images([folder / name for name in names])
    for position, frame in enumerate(inputs):
        np.testing.assert_array_equal(source.read(0, position).reshape(frame.shape), frame)

    paths = write(source, tmp_path, layout)
    for path, known, frame, wanted in zip(
        paths, layout, read_images(paths), expected(inputs, source, layout), strict=True
    ):
        assert path.suffix == f".{suffix}"
        assert frame.dtype == dtype
        assert frame.shape == wanted.shape
        if known is not None:
            assert path.read_bytes() == (folder / names[known]).read_bytes()
        elif suffix in ("jpg", "jpeg"):
            # A jpeg of noise is far from exact; its mean is not.
            assert abs(frame.mean() - wanted.mean()) < 10
        else:
            np.testing.assert_array_equal(frame, wanted)


@pytest.mark.parametrize(
    ("names", "layout", "written"),
    [
        pytest.param(["9", "10", "12"], [0, 1, None, 3], ["9", "10", "11", "12"], id="gap"),
        pytest.param(["a_07_x", "a_09_x"], [0, None, 2, None], ["a_07_x", "a_08_x", "a_09_x", "a_10_x"], id="padded"),
        pytest.param(["v2_98", "v2_99"], [0, 1, None], ["v2_98", "v2_99", "v2_100"], id="one digit more"),
        pytest.param(["ann", "bob"], [0, None, None], ["ann", "bob", "bob_filled_0001"], id="unnumbered"),
        pytest.param(["a1", "b2"], [0, 1, None], ["a1", "b2", "b2_filled_0001"], id="two prefixes"),
        pytest.param(["5", "7"], [0, None, 2, None, None], ["5", "6", "7", "8", "9"], id="gap and appended"),
        pytest.param(["5", "7"], [0, None, None, 2], [f"frame_000{n}" for n in (1, 2, 3, 4)], id="inserted"),
    ],
)
def test_names_of_written_images(tmp_path, names, layout, written):
    source = open_source(image_folder(tmp_path / "in", [f"{name}.png" for name in names]))
    assert [path.stem for path in write(source, tmp_path, layout)] == written


def test_gaps_in_numbers_are_absent(tmp_path):
    source = open_source(image_folder(tmp_path / "in", ["f2.png", "f10.png", "f4.png"]))
    assert (source.length, source.absent) == (9, (1, 3, 4, 5, 6, 7))
    np.testing.assert_array_equal(source.read(0, 8), random(HEIGHT, WIDTH, 3, seed=1))
    with pytest.raises(IndexError, match="position 1"):
        source.read(0, 1)


def test_other_files_are_ignored(tmp_path):
    folder = image_folder(tmp_path / "in", ["1.png", "2.png"])
    (folder / "notes.txt").write_text("x")
    (folder / "._1.png").write_text("x")
    (folder / "sub.png").mkdir()
    assert open_source(folder).length == 2


@pytest.mark.parametrize(
    "other",
    [{"size": (HEIGHT, WIDTH + 1)}, {"channels": 1}, {"channels": 4}, {"dtype": "uint16"}],
    ids=["size", "grey", "alpha", "depth"],
)
def test_mixed_images_are_refused(tmp_path, other):
    folder = image_folder(tmp_path / "in", ["1.png", "2.png"])
    image_folder(folder, ["3.png"], **other)
    assert_refused(folder, "1.png", "3.png", "one size")


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "bmp"])
@pytest.mark.parametrize("position", [0, 1])
def test_truncated_image_is_refused(tmp_path, suffix, position):
    folder = image_folder(tmp_path / "in", [f"1.{suffix}", f"2.{suffix}"])
    damaged = truncate(folder / f"{position + 1}.{suffix}")
    with pytest.raises(UserError, match=f"{damaged.name} cannot be decoded"):
        open_source(folder).read(0, position)


def test_folder_without_images_is_refused(tmp_path):
    assert_refused(tmp_path, "no images")


def test_same_number_twice_is_refused(tmp_path):
    assert_refused(image_folder(tmp_path / "in", ["1.png", "01.png"]), "same number")


def test_dates_for_numbers_are_refused(tmp_path):
    assert_refused(image_folder(tmp_path / "in", ["20231231.png", "20240101.png"]), "too sparse")


# Videos


@LAYOUTS
@pytest.mark.parametrize("suffix", VIDEOS)
def test_video(tmp_path, suffix, layout):
    path = video(tmp_path / f"clip.{suffix}", VIDEOS[suffix])
    source = open_source(path)
    assert (source.sequences, source.length, source.absent) == (1, LENGTH, ())
    assert (source.shape, source.dtype, source.colour_order) == ((HEIGHT, WIDTH, 3), np.uint8, "bgr")
    inputs = read_video(path)
    # Rising, back within the cache, and rising again.
    for position in (0, 2, 1, 4, 0):
        np.testing.assert_array_equal(source.read(0, position), inputs[position])

    (written,) = write(source, tmp_path, layout)
    assert written.name == path.name
    np.testing.assert_array_equal(read_video(written), expected(inputs, source, layout))
    assert cv2.VideoCapture(str(written)).get(cv2.CAP_PROP_FPS) == pytest.approx(12.5)
    assert "without loss" in source.notes[-1]


@pytest.mark.parametrize("suffix", VIDEOS)
def test_video_of_odd_size_is_kept_whole(tmp_path, suffix):
    # Only images handed over as they are make a video of odd size with OpenCV.
    path = tmp_path / f"odd.{suffix}"
    code, raw = cv2.VideoWriter.fourcc(*"png "), [cv2.VIDEOWRITER_PROP_RAW_VIDEO, 1]
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, 10, (7, 5), raw)
    frames = [random(5, 7, 3, seed=seed) for seed in range(3)]
    for frame in frames:
        writer.write(cv2.imencode(".png", frame)[1].reshape(1, -1))
    writer.release()
    source = open_source(path)
    (written,) = write(source, tmp_path, [0, None, 2])
    np.testing.assert_array_equal(read_video(written), expected(frames, source, [0, None, 2]))


def test_video_goes_back_beyond_the_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(base, "CACHED_FRAMES", 2)
    path = video(tmp_path / "clip.avi", "MJPG")
    source, inputs = open_source(path), read_video(path)
    for position in (4, 0, 3, 1):
        np.testing.assert_array_equal(source.read(0, position), inputs[position])


def test_video_longer_than_the_cache(tmp_path):
    length = 2 * base.CACHED_FRAMES + 5
    path = video(tmp_path / "clip.avi", "MJPG", length=length)
    source, inputs = open_source(path), read_video(path)
    for position in (length - 1, length - 3, 1):
        np.testing.assert_array_equal(source.read(0, position), inputs[position])
    assert len(source._cache) <= base.CACHED_FRAMES


@pytest.mark.parametrize(("suffix", "because"), [("mp4", "cannot be opened"), ("avi", "frames can be decoded")])
def test_truncated_video_is_refused(tmp_path, suffix, because):
    assert_refused(truncate(video(tmp_path / f"clip.{suffix}", VIDEOS[suffix])), because)


def test_frames_that_an_mkv_lacks_are_told(tmp_path):
    source = open_source(truncate(video(tmp_path / "clip.mkv", "MJPG"), 0.7))
    assert source.length < LENGTH
    assert f"tells of {LENGTH} frames, {source.length} can" in source.notes[0]


def test_text_in_place_of_a_video_is_refused(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_text("no video")
    assert_refused(path, "cannot be opened")


def test_video_that_lacks_frames_on_the_disk_is_refused(tmp_path, monkeypatch):
    source = open_source(video(tmp_path / "clip.avi", "MJPG"))
    monkeypatch.setattr("openstl_seqinterp.data.forms.video._count", lambda capture: 3)
    with pytest.raises(UserError, match="3 of 5 frames"):
        write(source, tmp_path, MISSING)


# gif


@LAYOUTS
@pytest.mark.parametrize("channels", [1, 3])
def test_gif(tmp_path, channels, layout):
    path = gif(tmp_path / "clip.gif", channels)
    source = open_source(path)
    assert (source.length, source.shape, source.dtype) == (LENGTH, (HEIGHT, WIDTH, channels), np.uint8)
    assert source.colour_order == ("grey" if channels == 1 else "rgb")
    inputs = [frame[..., :channels] for frame in read_gif(path)]
    for position in (3, 0, 4):
        np.testing.assert_array_equal(source.read(0, position), inputs[position])

    (written,) = write(source, tmp_path, layout)
    assert written.name == path.name
    frames = [frame[..., :channels] for frame in read_gif(written)]
    np.testing.assert_array_equal(frames, expected(inputs, source, layout))
    with Image.open(written) as image:
        assert image.info["loop"] == 0
        durations = [frame.info["duration"] for frame in ImageSequence.Iterator(image)]
    known = [100 * (position + 1) for position in layout if position is not None]
    assert [d for d, position in zip(durations, layout, strict=True) if position is not None] == known


def test_gif_keeps_frames_that_are_the_same(tmp_path):
    path = gif(tmp_path / "clip.gif")
    source = open_source(path)
    folder = tmp_path / "out"
    folder.mkdir()
    (written,) = source.write(folder, [0, None, None, 1], lambda sequence, position: source.read(0, 0))
    inputs = read_gif(path)
    np.testing.assert_array_equal(read_gif(written), [inputs[0]] * 3 + [inputs[1]])


def test_gif_reduces_a_filled_frame_of_many_colours(tmp_path):
    source = open_source(gif(tmp_path / "clip.gif"))
    ramp = np.linspace(0, 255, HEIGHT * WIDTH * 3).astype(np.uint8).reshape(source.shape)
    ramp[..., 1] = ramp[::-1, ::-1, 1]
    folder = tmp_path / "out"
    folder.mkdir()
    (written,) = source.write(folder, MISSING, lambda sequence, position: ramp)
    assert np.abs(read_gif(written)[2].astype(int) - ramp).mean() < 4


def test_gif_that_loses_transparency_says_so(tmp_path):
    path = tmp_path / "clip.gif"
    image = Image.fromarray(random(8, 9))
    image.save(path, transparency=int(np.array(image)[0, 0]))
    source = open_source(path)
    write(source, tmp_path, [0, None])
    assert "transparency" in source.notes[0]


def test_gif_that_is_written_with_a_grey_start_keeps_its_colours(tmp_path):
    source = open_source(gif(tmp_path / "clip.gif"))
    grey = np.resize(np.arange(256, dtype=np.uint8), (HEIGHT, WIDTH))[..., None].repeat(3, axis=-1)
    folder = tmp_path / "out"
    folder.mkdir()
    (written,) = source.write(folder, [None, 1], lambda sequence, position: grey)
    np.testing.assert_array_equal(read_gif(written), [grey, read_gif(source.path)[1]])


@pytest.mark.parametrize(
    ("start", "because"), [([0, 1, 0], "more than 256 colours"), ([1, 1, 1], "colours after a grey start")]
)
def test_gif_that_cannot_be_written_exactly_is_refused(tmp_path, start, because):
    # The second image covers the right half alone, with 256 colours beside those of the first.
    path, ramp = tmp_path / "clip.gif", np.arange(256, dtype=np.uint8)
    left, right = Image.fromarray(np.resize(ramp, (16, 32))), Image.fromarray(ramp.reshape(16, 16))
    left.putpalette(np.outer(ramp, start).astype(np.uint8).tobytes())
    right.putpalette(np.outer(ramp, [1, 0, 0]).astype(np.uint8).tobytes())
    blocks = [
        *GifImagePlugin.getheader(left, info={"duration": 1})[0],
        *GifImagePlugin.getdata(left, duration=100),
        *GifImagePlugin.getdata(right, (16, 0), duration=100, include_color_table=True),
        b";",
    ]
    path.write_bytes(b"".join(blocks))
    assert_refused(path, "frame 2", because, "png")


@pytest.mark.parametrize("part", np.linspace(0.01, 0.99, 9))
def test_truncated_gif_is_refused(tmp_path, part):
    assert_refused(truncate(gif(tmp_path / "clip.gif"), part), "damaged")


def test_damaged_gif_is_refused(tmp_path):
    path = gif(tmp_path / "clip.gif")
    # Cut, yet it ends as a whole one does.
    path.write_bytes(truncate(path).read_bytes() + b";")
    assert_refused(path, "damaged")


# Arrays


@LAYOUTS
@pytest.mark.parametrize("suffix", ["npy", "npz"])
@pytest.mark.parametrize("kind", ARRAYS)
def test_array(tmp_path, kind, suffix, layout):
    shape, dtype = ARRAYS[kind]
    array, path = random(*shape, dtype=dtype), tmp_path / f"data.{suffix}"
    labels = np.arange(3)
    if suffix == "npy":
        np.save(path, array)
    else:
        np.savez(path, labels=labels, frames=array)
    source = open_source(path)
    many, channels = kind in ("many", "five"), kind in ("channels", "five")
    full = array.reshape(2 if many else 1, LENGTH, 8, 9, -1)
    assert (source.sequences, source.length) == full.shape[:2]
    assert (source.shape, source.dtype, source.colour_order) == (full.shape[2:], np.dtype(dtype), "any")
    np.testing.assert_array_equal(source.read(0, 3), full[0, 3])

    (written,) = write(source, tmp_path, layout)
    assert written.name == path.name
    with np.load(written) if suffix == "npz" else written.open("rb") as file:
        output = file["frames"] if suffix == "npz" else np.load(file)
        if suffix == "npz":
            np.testing.assert_array_equal(file["labels"], labels)
    assert (output.dtype, output.ndim) == (array.dtype, array.ndim)
    wanted = [expected(list(full[sequence]), source, layout, sequence) for sequence in range(len(full))]
    wanted = np.array(wanted) if channels else np.array(wanted)[..., 0]
    np.testing.assert_array_equal(output, wanted if many else wanted[0])


def test_only_array_of_an_archive_may_have_any_name(tmp_path):
    np.savez(tmp_path / "data.npz", x=random(LENGTH, 8, 9))
    assert open_source(tmp_path / "data.npz").length == LENGTH


def test_archive_without_frames_is_refused(tmp_path):
    np.savez(tmp_path / "data.npz", x=random(LENGTH, 8, 9), y=np.arange(3))
    assert_refused(tmp_path / "data.npz", "x, y", "'frames'")


@pytest.mark.parametrize(
    ("array", "because"),
    [
        (np.zeros((8, 9)), "expected (T, H, W)"),
        (np.zeros((2, 3, 0, 9)), "none of them 0"),
        (np.zeros((2, 3, 1, 8, 9)), "transpose"),
        (np.zeros((2, 8, 9), np.int64), "int64"),
        (np.zeros((2, 8, 9), bool), "bool"),
    ],
)
@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_other_arrays_are_refused(tmp_path, suffix, array, because):
    path = tmp_path / f"data.{suffix}"
    if suffix == "npy":
        np.save(path, array)
    else:
        np.savez(path, array)
    assert_refused(path, because)


@pytest.mark.parametrize("part", [0.0, 0.1, 0.6, 0.99])
@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_truncated_array_is_refused(tmp_path, suffix, part):
    path = tmp_path / f"data.{suffix}"
    if suffix == "npy":
        np.save(path, random(LENGTH, 8, 9))
    else:
        np.savez(path, random(LENGTH, 8, 9))
    assert_refused(truncate(path, part), "damaged")


# csv


def csv(path, array, mark=",", header=None, newline="\n"):
    """Write an array (rows, columns) with a space after each mark, which no writer of ours would put there."""
    lines = [f"{mark} ".join(map(str, row)) for row in array.tolist()]
    path.write_bytes(newline.join([*([] if header is None else [header]), *lines, ""]).encode())
    return path


def values(path, skip, mark):
    return np.loadtxt(path, delimiter=mark, skiprows=skip, ndmin=2)


@LAYOUTS
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float64"])
@pytest.mark.parametrize("rows", ["frames", "sequences"])
@pytest.mark.parametrize(("mark", "newline"), [(",", "\n"), (";", "\r\n")])
def test_csv(tmp_path, rows, dtype, layout, mark, newline):
    full = random(2, LENGTH, 3, 4, 1, dtype=dtype)
    columns = 12 if rows == "frames" else 12 * LENGTH
    header = mark.join(f"p{column}" for column in range(columns))
    path = csv(tmp_path / "data.csv", full.reshape(-1, columns), mark, header, newline)
    source = open_source(path, (LENGTH, 3, 4))
    assert (source.sequences, source.length, source.shape) == (2, LENGTH, (3, 4, 1))
    assert (source.dtype, source.colour_order) == (np.dtype(dtype), "grey")
    np.testing.assert_array_equal(source.read(1, 2), full[1, 2])

    (written,) = write(source, tmp_path, layout)
    wanted = np.array([expected(list(full[sequence]), source, layout, sequence) for sequence in range(2)])
    output = values(written, 1, mark)
    np.testing.assert_array_equal(output, wanted.reshape(-1, 12 if rows == "frames" else 12 * len(layout)))
    text = written.read_bytes().decode()
    lines, originals = text.split(newline), path.read_bytes().decode().split(newline)
    assert text.endswith(newline)
    assert len(lines[0].split(mark)) == output.shape[1]
    if rows == "frames" or len(layout) == LENGTH:
        assert lines[0] == header
    # The first known frame, its spaces included.
    assert lines[1].split(mark)[:12] == originals[1].split(mark)[:12]


def test_csv_without_header_keeps_the_text_of_numbers(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("1.0,002\n3e0,4\n5,6\n")
    source = open_source(path, (3, 1, 2))
    assert source.dtype == np.uint8
    (written,) = write(source, tmp_path, [0, None, 2])
    assert written.read_text().splitlines()[::2] == ["1.0,002", "5,6"]


@pytest.mark.parametrize("shape", [None, (0, 3, 4)])
def test_csv_needs_its_shape(tmp_path, shape):
    assert_refused(csv(tmp_path / "data.csv", np.zeros((5, 12))), "--csv_shape T H W", csv_shape=shape)


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("", "0 rows"),
        ("1,2\n3,4\n5,6\n", "multiple of 2"),
        ("1,2\n3\n", "row 2 has 1 numbers"),
        ("a,b\n1,2\nx,3\n", "row 3 is not all numbers"),
        (",2\n1,2\n", "row 1 is not all numbers"),
    ],
)
def test_damaged_csv_is_refused(tmp_path, text, because):
    path = tmp_path / "data.csv"
    path.write_text(text)
    assert_refused(path, because, csv_shape=(2, 1, 2))


# All


def test_missing_path_is_refused(tmp_path):
    assert_refused(tmp_path / "none.mp4", "missing", "gif", "csv")


@pytest.mark.parametrize("name", ["data.webm", "data"])
def test_unknown_suffix_is_refused(tmp_path, name):
    (tmp_path / name).touch()
    assert_refused(tmp_path / name, "suffix", "gif", "csv")


def test_csv_shape_of_another_form_is_refused(tmp_path):
    assert_refused(tmp_path, "--csv_shape", csv_shape=(1, 2, 3))


def test_filled_frame_of_another_kind_is_a_bug(tmp_path):
    source = open_source(image_folder(tmp_path / "in", ["1.png", "3.png"]))
    with pytest.raises(ValueError, match="not uint8"):
        source.write(tmp_path, [0, None, 2], lambda sequence, position: np.zeros(source.shape))


def test_folder_that_cannot_be_written_is_refused(tmp_path):
    source = open_source(image_folder(tmp_path / "in", ["1.png", "3.png"]))
    with pytest.raises(UserError, match="cannot write"):
        source.write(tmp_path / "none", [0, None, 2], filler(source))


def test_frames_handed_out_cannot_be_changed(tmp_path):
    source = open_source(image_folder(tmp_path / "in", ["1.png", "2.png"]))
    with pytest.raises(ValueError, match="read-only"):
        source.read(0, 0)[:] = 0
