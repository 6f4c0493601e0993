"""How tests look at the pictures that are drawn."""

import cv2
import numpy as np
from matplotlib import colormaps

RED, GREEN = (214, 39, 40), (44, 160, 44)  # matplotlib's tab:red and tab:green


def grey(*values):
    """Images (T, 1, 6, 9) of one intensity each, on the scale 0-255."""
    return np.broadcast_to(np.array(values).reshape(-1, 1, 1, 1) / 255, (len(values), 1, 6, 9))


def viridis(value):
    """The colour of an intensity where 200 is the brightest."""
    return np.rint(np.array(colormaps["viridis"](value / 200)[:3]) * 255)


def share(path, colour):
    """The share of a picture's pixels that have a colour, within 2 of 255."""
    picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB).astype(int)
    return (np.abs(picture - np.array(colour)).max(axis=2) <= 2).mean()
