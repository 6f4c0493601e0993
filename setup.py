"""The one place of the package's metadata."""

import re
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (HERE / "openstl_seqinterp" / "__init__.py").read_text())[1]


class WithConfigs(build_py):
    """A wheel carries the configs inside the package; a clone has them beside it."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            self.copy_tree(str(HERE / "configs"), str(Path(self.build_lib) / "openstl_seqinterp" / "configs"))


setup(
    name="openstl_seqinterp",
    version=VERSION,
    description="Interpolation and extrapolation of image sequences with SimVPv2: an extension of OpenSTL",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10",
    packages=[
        *find_packages(include=["openstl_seqinterp", "openstl_seqinterp.*"]),
        "openstl_seqinterp.configs.seqinterp",
    ],
    package_dir={"openstl_seqinterp.configs.seqinterp": "configs/seqinterp"},  # a wheel carries them too
    entry_points={"console_scripts": ["seqinterp = openstl_seqinterp.cli:main"]},
    # OpenSTL itself is not on PyPI (the project of that name there reads STL meshes): see README, Use with OpenSTL.
    install_requires=[
        "torch>=2.5",
        "pytorch-lightning>=2.6",
        "timm>=1.0",
        "numpy>=2.1",
        "mmcv-lite>=2.1",
        "opencv-python>=4.10",
        "mlxtend>=0.23",
        "rich>=13",
        "filelock>=3.12",
        "pillow>=10",
        "matplotlib>=3.8",
    ],
    extras_require={
        "test": ["pytest", "hypothesis", "ruff", "mypy", "scikit-image", "scipy"],
        # What importing OpenSTL needs beside the above.
        "openstl": ["PyWavelets", "einops", "fvcore", "imageio", "scikit-image", "scipy"],
    },
)
