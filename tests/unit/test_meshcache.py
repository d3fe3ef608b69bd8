"""Meshes on disk: the same when they come back, found by content, never half, never too many."""

from __future__ import annotations

import dataclasses
import os
import pickle
import shutil

import numpy as np
import pytest
from little import little_city

from twin import project
from twin.scene import mesh, meshcache


def same(a: object, b: object) -> bool:
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if dataclasses.is_dataclass(a):
        return type(a) is type(b) and all(
            same(getattr(a, item.name), getattr(b, item.name))
            for item in dataclasses.fields(a)
            if item.name != "cached"
        )
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, tuple):
        return isinstance(b, tuple) and len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


@pytest.fixture(scope="module")
def built() -> mesh.CityMesh:
    return mesh.build(little_city())


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TWIN_CACHE_DIR", str(tmp_path / "cache"))
    return meshcache.folder()


def test_a_mesh_comes_back_as_it_was(built, tmp_path) -> None:
    path = tmp_path / "m.mesh"
    meshcache.save(built, path)
    back = meshcache.load(path)
    assert same(built, back)
    assert back.solids.edges.points is back.solids.faces.points, "shared points must stay shared"
    before = path.read_bytes()
    back.solids.faces.points[:] = 0.0
    assert path.read_bytes() == before, "writing to an array changed the file"


def test_a_kept_mesh_travels_by_its_name(built, tmp_path) -> None:
    path = tmp_path / "m.mesh"
    meshcache.save(built, path)
    back = meshcache.load(path)
    sent = pickle.dumps(back)
    assert len(sent) < 1000
    assert same(pickle.loads(sent), built)
    path.unlink()
    assert same(pickle.loads(pickle.dumps(back)), built), "without the file it travels as it is"


def test_a_city_is_meshed_once(cache, monkeypatch) -> None:
    city = little_city(2, 2)
    first = meshcache.built(city, "one")
    monkeypatch.setattr(meshcache.meshes, "build", lambda *_: pytest.fail("meshed again"))
    second = meshcache.built(city, "one")
    assert same(first, second)
    assert second.cached


@pytest.mark.parametrize("damage", ["cut", "empty", "head", "absent"])
def test_what_is_damaged_is_made_anew(cache, damage) -> None:
    city = little_city(2, 2)
    meshcache.built(city, "one")
    (path,) = cache.glob("*.mesh")
    whole = path.read_bytes()
    if damage == "absent":
        path.unlink()
    else:
        path.write_bytes({"cut": whole[:-100], "empty": b"", "head": whole[:16] + bytes(64) + whole[80:]}[damage])
    again = meshcache.built(city, "one")
    assert same(again, mesh.build(city))
    assert path.read_bytes() == whole
    assert not [left for left in cache.iterdir() if left.suffix != ".mesh"]


def test_the_longest_unused_goes_first(cache, monkeypatch) -> None:
    city = little_city(2, 2)
    for k, key in enumerate(("a", "b")):
        made = meshcache.built(city, key)
        os.utime(made.cached, (1000 + k, 1000 + k))
    size = os.stat(made.cached).st_size
    monkeypatch.setattr(meshcache, "_MOST", 2.5 * size)
    meshcache.built(city, "a")  # used again
    meshcache.built(city, "c")
    kept = {path.stem for path in cache.glob("*.mesh")}
    assert len(kept) == 2
    monkeypatch.setattr(meshcache.meshes, "build", lambda *_: pytest.fail("«a» was dropped"))
    meshcache.built(city, "a")


def test_without_room_a_city_opens_all_the_same(monkeypatch, tmp_path) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("TWIN_CACHE_DIR", str(tmp_path / "file"))
    assert len(meshcache.built(little_city(1, 1), "one").solids.faces)


def test_a_project_is_named_by_what_it_holds(tmp_path) -> None:
    city = little_city(2, 2)
    with project.create(tmp_path / "a.twin", city):
        key = project.content_key(tmp_path / "a.twin")
    assert key == project.content_key(tmp_path / "a.twin") != ""
    with project.create(tmp_path / "b.twin", little_city(2, 3)):
        assert project.content_key(tmp_path / "b.twin") != key
    shutil.rmtree(tmp_path / "a.twin" / "city")
    assert project.content_key(tmp_path / "a.twin") == ""
