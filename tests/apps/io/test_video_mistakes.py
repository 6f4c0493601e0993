"""Videos that cannot be read, and what a video cannot hold: one line each."""

import subprocess
import sys

import av
import numpy as np
import pytest
from videos import HEIGHT, WIDTH, Arrays, image, make, written

from openstl_seqinterp.errors import UserError


@pytest.mark.parametrize(
    ("dtype", "form", "settings", "because"),
    [
        (np.float32, "mp4", {}, "--as npy"),
        (np.uint16, "mov", {}, "16 bits"),
        (np.uint8, "mov", {"codec": "ffv1"}, "mov does not hold"),
        (np.uint8, "mp4", {"codec": "h256"}, "did you mean 'h264'"),
        (np.uint8, "mp4", {"fps": float("nan")}, "--fps nan"),
        (np.uint8, "mp4", {"fps": 0}, "--fps 0"),
    ],
)
def test_what_a_video_cannot_hold_is_refused(tmp_path, dtype, form, settings, because):
    source = Arrays(tmp_path / "a.npy", np.zeros((4, HEIGHT, WIDTH, 3), dtype))
    with pytest.raises(UserError, match=because) as refusal:
        written(source, tmp_path, form, **settings)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.avi", "a.mkv", "a.webm"])
@pytest.mark.parametrize("part", [0, 0.3, 0.7])
def test_truncated_video_is_refused(tmp_path, name, part, truncate, refused):
    path = make(tmp_path / name, [image(n) for n in range(30)], "libvpx-vp9" if "webm" in name else "libx264")
    refused(truncate(path, part))


def test_mp4_that_lacks_its_end_is_refused(tmp_path, truncate, refused):
    path = make(tmp_path / "a.mp4", [image(n) for n in range(30)])
    fast = tmp_path / "fast.mp4"
    with av.open(str(path)) as old, av.open(str(fast), "w", options={"movflags": "faststart"}) as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    refused(truncate(fast, 0.9), "cut short")


def test_damage_amid_an_mp4_is_refused(tmp_path, refused):
    noise = np.random.default_rng(0).integers(0, 256, (30, HEIGHT, WIDTH, 3), np.uint8)
    path = make(tmp_path / "a.mp4", noise)
    with av.open(str(path)) as file:
        entries = list(file.streams.video[0].index_entries)
    content = bytearray(path.read_bytes())
    for entry in entries[10:14]:
        content[entry.pos : entry.pos + entry.size] = b"\xff" * entry.size
    path.write_bytes(content)
    refused(path)


def test_what_is_no_video_is_refused(tmp_path, capfd, refused):
    (tmp_path / "text.mp4").write_text("no video")
    refused(tmp_path / "text.mp4", "no video")
    with av.open(str(tmp_path / "sound.mp4"), "w") as file:
        voice = file.add_stream("aac", rate=16000, layout="mono")
        audio = av.AudioFrame.from_ndarray(np.zeros((1, 16000), np.int16), format="s16", layout="mono")
        audio.sample_rate, audio.pts = 16000, 0
        file.mux([*voice.encode(audio), *voice.encode(None)])
    refused(tmp_path / "sound.mp4", "only sound")
    assert capfd.readouterr().err == ""


FULL_DISK = """
import resource, sys, numpy as np
from pathlib import Path
from openstl_seqinterp.apps.io import Output, open_source, write
from openstl_seqinterp.errors import UserError
source = open_source(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
for form in ("mp4", "mkv", "avi"):
    try:
        output = Output(source, list(range(source.length)), source.timeline, None, "o." + form, {"codec": "ffv1"})
        write(output, form, Path(sys.argv[2]))
    except UserError as error:
        print(error)
"""


def test_full_disk_is_one_line(tmp_path):
    path = make(tmp_path / "a.mp4", [image(n) for n in range(30)])
    command = [sys.executable, "-c", FULL_DISK, str(path), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (0, "", 3)
    assert all("make room" in line for line in done.stdout.splitlines())
