"""Figures printed in J. Mills, "SimVPv2 for Image Sequence Interpolation and Extrapolation" (2025), Tables 2 and 3.

The paper's sequences were never published: these are for orientation; the sequences here are simulated.
"""

# training set: test set: (10 x MSE, MAE, SSIM), over images 4 and 16
_PRINTED = {
    "n6": {  # Table 2
        "n6": (48.5, 11.7, 0.61),
        "n6-noise": (136.0, 16.4, 0.32),
        "n6-miss": (77.4, 14.4, 0.43),
        "n6-aug": (157, 18.5, 0.26),
        "n3": (45.5, 11.5, 0.61),
        "n3-noise": (124.0, 15.9, 0.31),
        "n3-miss": (73.5, 14.1, 0.42),
        "n3-aug": (146.3, 17.9, 0.25),
    },
    "n6-all": {  # Table 3
        "n6": (87.7, 14.8, 0.56),
        "n6-noise": (99.9, 15.5, 0.54),
        "n6-miss": (87.7, 14.8, 0.56),
        "n6-aug": (100.0, 15.5, 0.54),
        "n3": (80.1, 14.4, 0.57),
        "n3-noise": (91.2, 15.0, 0.55),
        "n3-miss": (80.0, 14.4, 0.57),
        "n3-aug": (88.5, 14.9, 0.55),
    },
}


def printed(train_set: str, test_set: str) -> dict[str, float]:
    """The paper's MSE, MAE and SSIM for SimVPv2 trained on one set and tested on another; empty if not printed."""
    row = _PRINTED.get(train_set, {}).get(test_set)
    return {"mse": row[0] / 10, "mae": row[1], "ssim": row[2]} if row else {}
