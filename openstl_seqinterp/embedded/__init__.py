"""The small host for machines without OpenSTL: the same names, for SimVP with gSTA only.

A minimum, not a fork: features go into the plugin, never in here. Weights work on both hosts.
"""

from .experiment import BaseDataModule, BaseExperiment, dataset_parameters, load_data
from .method import Base_method, SimVP, method_maps
from .parser import create_parser, default_parser
from .simvp import SimVP_Model

__all__ = [
    "BaseDataModule",
    "BaseExperiment",
    "Base_method",
    "SimVP",
    "SimVP_Model",
    "create_parser",
    "dataset_parameters",
    "default_parser",
    "load_data",
    "method_maps",
]
