"""What the numbers of a comparison say, in plain words: made from the record, so that no claim outlives its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean

from .measure import GAPS, LEADS, lead
from .record import RealResult
from .ways import PYSTEPS, RIFE

SIMPLE = ("copy", "mean", "dis-flow")  # what others are compared with
_EVEN = 0.1  # dB that are no difference


def listed(names: Sequence[str]) -> str:
    """Names with commas, and "and" before the last."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def words(record: RealResult) -> list[str]:
    """Sentences, a paragraph an item of a list, on each of our trained methods and on motion against the others."""
    ours = [name for name in record.ours if name not in SIMPLE]
    lines: list[str] = []
    for name in ours:
        others = [RIFE] if RIFE in record.methods else []
        others += [other for other in ("motion", "dis-flow") if other in record.methods and other != name]
        found = [_between(record, name, other) for other in others[:2]]
        found += [_after(record, name, other) for other in (PYSTEPS, "copy") if other in record.methods]
        lines += [f"- {sentence}" for sentence in found if sentence]
    return lines or ["There is nothing to compare with."]


def _between(record: RealResult, one: str, other: str) -> str:
    """In how many sequences ``one`` is better between known images than ``other``, by how much, and where it is not."""
    sentences, lost = [], []
    for task in GAPS:
        gains = _gains(record, task, one, other)
        if not gains:
            continue
        better = sum(gain > 0 for gain in gains.values())
        best, worst = (choice(gains, key=lambda name: gains[name]) for choice in (max, min))
        sentences.append(
            f"{task}: better in {better} of {len(gains)} sequences, {mean(gains.values()):+.2f} dB on average, from "
            f"{gains[worst]:+.2f} ({worst}) to {gains[best]:+.2f} ({best})"
        )
        lost += [(gain, name, task) for name, gain in gains.items() if gain < -_EVEN]
    if not sentences:
        return ""
    text = f"**{one} against {other}**, PSNR. {'; '.join(sentences)}."
    if not lost:
        return f"{text} It loses nowhere by more than {_EVEN} dB."
    text += " It loses in " + listed([f"{name} ({task}, {gain:+.2f} dB)" for gain, name, task in sorted(lost)]) + "."
    return text + _fast(record, {name for _, name, _ in lost})


def _fast(record: RealResult, lost: set[str]) -> str:
    """Whether the sequences that are lost are those with the fastest motion."""
    slow = [clip.speed for name, clip in record.clips.items() if name not in lost]
    fast = [record.clips[name].speed for name in lost]
    if not slow:
        return ""
    return (
        f" The fastest twentieth of the pixels moves {mean(fast):.1f} pixels an image in the sequences where it loses "
        f"somewhere, {mean(slow):.1f} in the others."
    )


def _gains(record: RealResult, task: str, one: str, other: str) -> dict[str, float]:
    """By how many dB ``one`` is better than ``other``, by sequence."""
    mine, peers = record.of(task, one), record.of(task, other)
    return {
        name: mine[name].psnr - peers[name].psnr  # type: ignore[operator]
        for name in record.clips
        if name in mine and name in peers and mine[name].psnr is not None and peers[name].psnr is not None
    }


def _after(record: RealResult, one: str, other: str) -> str:
    """The squared error of ``one`` as a share of that of ``other``, by lead, where it is larger, and its SSIM."""
    shares, lost, less = [], [], []
    for step in range(1, LEADS + 1):
        mine, peers = record.of(lead(step), one), record.of(lead(step), other)
        names = [name for name in record.clips if name in mine and name in peers and peers[name].mse > 0]
        if not names:
            continue
        each = {name: mine[name].mse / peers[name].mse for name in names}
        shares.append(f"{mean(each.values()):.2f} (lead {step})")
        if mean(mine[name].ssim - peers[name].ssim for name in names) < 0:
            less.append(str(step))
        lost += [f"{name} (lead {step}, {share:.2f})" for name, share in each.items() if share > 1]
    if not shares:
        return ""
    text = f"**{one} against {other}**, continuing. Its squared error, as a share, is on average {listed(shares)}."
    text += f" It is larger in {listed(lost)}." if lost else " It is larger nowhere."
    if not less:
        return f"{text} Its SSIM is higher at every lead."
    return f"{text} Its SSIM, which takes smooth images for worse ones, is lower at lead {listed(less)}."
