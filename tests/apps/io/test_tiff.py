import numpy as np
import pytest
import tifffile

from openstl_seqinterp.apps.io import Options, open_source

RGB = {"photometric": "rgb", "metadata": None}
KINDS = {
    "plain": ((5, 8, 9), "uint8", {"metadata": None}, "TYX"),
    "float": ((5, 8, 9), "float32", {"metadata": None, "compression": "zstd", "predictor": 3}, "TYX"),
    "lzw": ((5, 8, 9), "uint16", {"metadata": None, "compression": "lzw", "byteorder": ">"}, "TYX"),
    "named": ((5, 8, 9), "int16", {"metadata": {"axes": "TYX", "who": "me"}}, "TYX"),
    "big": ((5, 8, 9), "uint8", {"metadata": None, "bigtiff": True}, "TYX"),
    "colours": ((5, 8, 9, 3), "uint8", RGB, "TYXS"),
    "planes": ((5, 3, 8, 9), "uint8", {**RGB, "planarconfig": "separate"}, "TSYX"),
    "imagej": ((5, 2, 3, 8, 9), "uint16", {"imagej": True, "metadata": {"axes": "TZCYX", "finterval": 2.5}}, "TZCYX"),
    "depth": ((5, 8, 9), "uint8", {"imagej": True, "metadata": {"axes": "ZYX"}}, "TYX"),
    "ome": ((2, 5, 8, 9), "uint8", {"ome": True, "metadata": {"axes": "CTYX"}}, "CTYX"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_round_trip(tmp_path, kind, random, rewrite, assert_rewritten):
    shape, dtype, settings, axes = KINDS[kind]
    array, path = random(*shape, dtype=dtype), tmp_path / "a.tif"
    tifffile.imwrite(path, array, **settings)
    source = open_source(path)
    assert (source.axes, source.count, source.sequences) == (axes, 5, 2 if kind == "imagej" else 1)
    output = rewrite(source)
    assert_rewritten(tifffile.imread(output), array, axes.index("T"))
    with tifffile.TiffFile(path) as before, tifffile.TiffFile(output) as after:
        for name in ("axes", "kind"):
            assert getattr(after.series[0], name) == getattr(before.series[0], name)
        for name in ("compression", "predictor", "photometric", "planarconfig"):
            assert getattr(after.pages[0], name) == getattr(before.pages[0], name)
        assert (after.byteorder, after.is_bigtiff) == (before.byteorder, before.is_bigtiff)
        if kind == "named":
            assert after.shaped_metadata[0]["who"] == "me"


def test_depth_taken_as_time_is_said(tmp_path, random):
    tifffile.imwrite(tmp_path / "a.tif", random(5, 8, 9), imagej=True, metadata={"axes": "ZYX"})
    (note,) = open_source(tmp_path / "a.tif").notes
    assert "ZYX" in note
    assert "--axes" in note


def test_imagej(tmp_path, random, rewrite):
    metadata = {"axes": "TYX", "finterval": 2.5, "unit": "um", "Info": "hello"}
    tifffile.imwrite(tmp_path / "a.tif", random(5, 8, 9), imagej=True, resolution=(2, 3), metadata=metadata)
    source = open_source(tmp_path / "a.tif")
    assert (source.timeline.clock, source.timeline.step) == ("seconds", 2.5)
    with tifffile.TiffFile(rewrite(source)) as output:
        said = output.imagej_metadata
        assert (said["finterval"], said["unit"], said["Info"], said["frames"]) == (2.5, "um", "hello", 6)
        assert output.pages[0].resolution == (2, 3)


def test_ome(tmp_path, random, rewrite):
    times = [0.0, 1.0, 2.0, 4.0]
    metadata = {"axes": "TCYX", "PhysicalSizeX": 0.3, "Channel": {"Name": ["a", "b"]}}
    metadata["Plane"] = {"DeltaT": [time for time in times for _ in range(2)]}
    tifffile.imwrite(tmp_path / "a.ome.tif", random(4, 2, 8, 9), metadata=metadata)
    source = open_source(tmp_path / "a.ome.tif")
    assert source.timeline.clock == "seconds"
    assert source.absent == (3,)
    source = open_source(tmp_path / "a.ome.tif", Options(axes="TNYX"))
    assert source.sequences == 2


def test_ome_metadata_is_kept(tmp_path, random, rewrite):
    metadata = {"axes": "TCYX", "PhysicalSizeX": 0.3, "Channel": {"Name": ["a", "b"]}, "TimeIncrement": 500.0}
    metadata |= {"TimeIncrementUnit": "ms", "Plane": {"DeltaT": [float(t) for t in range(5) for _ in range(2)]}}
    tifffile.imwrite(tmp_path / "a.ome.tif", random(5, 2, 8, 9), metadata=metadata)
    with tifffile.TiffFile(rewrite(open_source(tmp_path / "a.ome.tif"))) as output:
        pixels = tifffile.xml2dict(output.ome_metadata)["OME"]["Image"]["Pixels"]
    assert pixels["PhysicalSizeX"] == 0.3
    assert [channel["Name"] for channel in pixels["Channel"]] == ["a", "b"]
    assert [plane["DeltaT"] for plane in pixels["Plane"]][::2] == [0, 1, 2, 3, 3.5, 4]


def test_time_increment_of_ome(tmp_path, random):
    metadata = {"axes": "TYX", "TimeIncrement": 500.0, "TimeIncrementUnit": "ms"}
    tifffile.imwrite(tmp_path / "a.ome.tif", random(5, 8, 9), metadata=metadata)
    assert open_source(tmp_path / "a.ome.tif").timeline.step == 0.5


def test_geotiff(tmp_path, random, rewrite, capfd):
    tags = [(33550, 12, 3, (100.0, 100.0, 0.0), False), (42113, 2, 0, "255", False), (34737, 2, 0, "WGS 84|", False)]
    settings = {"metadata": None, "extratags": tags, "description": "a day", "resolution": (72, 72)}
    tifffile.imwrite(tmp_path / "a.tif", random(5, 8, 9), resolutionunit=2, **settings)
    source = open_source(tmp_path / "a.tif")
    assert source.fill_value == 255
    with tifffile.TiffFile(rewrite(source)) as output:
        for page in output.pages:
            assert page.tags[33550].value == (100.0, 100.0, 0.0)
            assert (page.tags[42113].value, page.tags[34737].value) == ("255", "WGS 84|")
        assert (output.pages[0].description, output.pages[0].resolutionunit) == ("a day", 2)
    assert capfd.readouterr().err == ""


def test_palette_is_labels(tmp_path, random, rewrite):
    colours = random(3, 256, dtype="uint16")
    tifffile.imwrite(tmp_path / "a.tif", random(5, 8, 9), metadata=None, photometric="palette", colormap=colours)
    source = open_source(tmp_path / "a.tif")
    assert source.labels
    with tifffile.TiffFile(rewrite(source)) as output:
        np.testing.assert_array_equal(output.pages[0].colormap, colours)


def test_lossy_compression_is_not_repeated(tmp_path, random, rewrite, assert_rewritten):
    tifffile.imwrite(tmp_path / "a.tif", random(5, 16, 16, 3), compression="jpeg", **RGB)
    source = open_source(tmp_path / "a.tif")
    assert_rewritten(tifffile.imread(rewrite(source)), tifffile.imread(tmp_path / "a.tif"))
    assert "JPEG" in source.notes[0]


@pytest.mark.parametrize(
    ("shape", "words"), [((5, 2, 8, 9), ["NTYX (5 sequences of 2)", "--axes"]), ((8, 9), ["one image"])]
)
def test_unclear_is_refused(tmp_path, shape, words, random, refused):
    tifffile.imwrite(tmp_path / "a.tif", random(*shape))
    refused(tmp_path / "a.tif", *words)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9])
def test_truncated_is_refused(tmp_path, part, compression, random, refused, truncate, capfd):
    tifffile.imwrite(tmp_path / "a.tif", random(5, 40, 30), metadata=None, compression=compression)
    refused(truncate(tmp_path / "a.tif", part), "a.tif")
    assert capfd.readouterr().err == ""


def test_a_page_that_lacks_a_strip_is_refused(tmp_path, random, refused):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, random(3, 64, 30), metadata=None, photometric="minisblack", rowsperstrip=16)
    with tifffile.TiffFile(path) as file:
        counts = [file.pages[1].tags[code].offset + 4 for code in (273, 279)]  # where their numbers of strips stand
    content = bytearray(path.read_bytes())
    for place in counts:
        assert content[place : place + 4] == (4).to_bytes(4, "little")
        content[place : place + 4] = (3).to_bytes(4, "little")
    path.write_bytes(content)
    refused(path, "3 strips or tiles, expected 4")


def test_any_sequence_becomes_a_stack(tmp_path, random, rewrite, assert_rewritten):
    array = random(5, 8, 9, 3)
    np.save(tmp_path / "a.npy", array)
    output = rewrite(open_source(tmp_path / "a.npy"), "tif")
    assert_rewritten(tifffile.imread(output), array)
    with tifffile.TiffFile(output) as file:
        assert file.series[0].axes == "TYXS"
