"""The one place of the package's metadata."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (HERE / "openstl_seqinterp" / "_version.py").read_text())[1]
SCIENCE = ["h5py>=3.11", "netCDF4>=1.7", "xarray>=2024.9", "imagecodecs>=2024.9"]
DASK = ["dask>=2024.9", "distributed>=2024.9"]
ONNX = ["onnx>=1.17", "onnxscript>=0.2", "onnxruntime>=1.20"]

setup(
    name="openstl_seqinterp",
    version=VERSION,
    description="Interpolation and extrapolation of image sequences with SimVPv2: an extension of OpenSTL",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    url="https://github.com/chengtan9907/OpenSTL",  # upstream: what this extends
    license_expression="Apache-2.0",
    classifiers=[
        "Intended Audience :: Science/Research",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Image Processing",
        "Typing :: Typed",
    ],
    python_requires=">=3.11",
    packages=[
        *find_packages(include=["openstl_seqinterp", "openstl_seqinterp.*"]),
        "openstl_seqinterp.configs.seqinterp",
        "openstl_seqinterp.results",
    ],
    # A wheel carries these too.
    package_dir={"openstl_seqinterp.configs.seqinterp": "configs/seqinterp", "openstl_seqinterp.results": "results"},
    package_data={
        "openstl_seqinterp": ["py.typed", "weights/*.safetensors", "apps/web/assets/*"],
        "openstl_seqinterp.results": ["*.md", "*.png", "quick/*.png"],
    },
    entry_points={"console_scripts": ["seqinterp = openstl_seqinterp.cli:main"]},
    # OpenSTL itself is not on PyPI (the project of that name there reads STL meshes): see README, Use with OpenSTL.
    install_requires=[
        "torch>=2.5",
        "pytorch-lightning>=2.6",
        "timm>=1.0",
        "safetensors>=0.4",
        "torchmetrics>=1.3",
        "numpy>=2.1",
        "mmcv-lite>=2.1",
        "opencv-python>=4.10",
        "mlxtend>=0.23",
        "rich>=13",
        "filelock>=3.12",
        "pillow>=10",
        "matplotlib>=3.8",
        "pydantic>=2.7",
        "av>=14",
        "tifffile>=2024.8",
        "zarr>=3.1",
        "submitit>=1.5",
    ],
    extras_require={
        "tensorboard": ["tensorboard"],
        # HDF5, NetCDF, and TIFF files with LZW, JPEG and other compression.
        "science": SCIENCE,
        # `predict --workers` and `--scheduler`, and `fill` of arrays of Dask.
        "dask": DASK,
        # `export --to onnx`.
        "onnx": ONNX,
        # The peer of `tools/benchmark.py --real DIR --pysteps`; it is compiled when it is installed.
        "radar": ["pysteps>=1.17"],
        # The page of `seqinterp app`, and what drives it in tests: Playwright, with a Chromium of the system's.
        "app": ["gradio>=6.31"],
        "test-app": ["gradio>=6.31", "playwright>=1.50"],
        # The test of the wheel builds one without a network, so with the setuptools and wheel that are installed.
        "test": [
            *("pytest", "pytest-xdist", "hypothesis", "ruff", "mypy", "scikit-image", "scipy"),
            *("tensorboard", "setuptools>=77", "wheel", "dask-jobqueue>=0.8", *SCIENCE, *DASK, *ONNX),
        ],
        # What importing OpenSTL needs beside the above.
        "openstl": ["PyWavelets", "einops", "fvcore", "imageio", "scikit-image", "scipy"],
    },
)
