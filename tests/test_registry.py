from importlib import import_module

import pytest

import openstl_seqinterp
from openstl_seqinterp import host, registry
from openstl_seqinterp.errors import UserError


def test_registering_twice_changes_nothing():
    openstl_seqinterp.register()
    before = (dict(host.method_maps), dict(host.dataset_parameters), host.datasets.load_data)
    openstl_seqinterp.register()
    assert (dict(host.method_maps), dict(host.dataset_parameters), host.datasets.load_data) == before


def test_everything_in_the_tables_is_entered():
    openstl_seqinterp.register()
    for name, method in registry.METHODS.items():
        module, _, attribute = method.partition(":")
        assert host.method_maps[name.lower()] is getattr(import_module(module), attribute)
        assert registry.method_names()[name.lower()] == name
    for name, parameters in registry.DATASETS.items():
        assert host.dataset_parameters[name] is parameters


def test_a_name_held_by_somebody_else_is_an_error(monkeypatch):
    monkeypatch.setitem(host.method_maps, "simvp_seqinterp", object)
    with pytest.raises(UserError, match="'simvp_seqinterp' is already registered, as <class 'object'>"):
        openstl_seqinterp.register()


def test_other_data_sets_still_go_to_the_host(monkeypatch):
    def theirs(dataname, **kwargs):
        return dataname, kwargs

    monkeypatch.setattr(host.datasets, "load_data", theirs)
    openstl_seqinterp.register()
    assert host.datasets.load_data("mmnist", batch_size=3) == ("mmnist", {"batch_size": 3})


def test_our_data_set_goes_to_our_loader(data_root):
    openstl_seqinterp.register()
    common = {"batch_size": 4, "val_batch_size": 4, "num_workers": 0, "pre_seq_length": 4, "aft_seq_length": 4}
    _, _, test = host.datasets.load_data(dataname="seqinterp", data_root=str(data_root), **common)
    assert test.dataset.data_name == "n6"
