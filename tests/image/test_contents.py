"""The image adds to its base image only what the action runs."""

import re
from pathlib import PurePosixPath

import pytest

from tests.image import docker
from tests.image.docker import ROOT, Image

DIRECTORY = "/opt/cluster-status/"
SOURCE = ROOT / "src" / "cluster_status"


@pytest.fixture(scope="module")
def added(image: Image) -> list[str]:
    """List the files that the base image does not have."""
    return sorted(_files(image.name) - _files(docker.base_image()))


def test_the_image_adds_its_directory_and_compiled_modules_of_python(added: list[str]) -> None:
    compiled = re.compile(r"/usr/local/lib/python3\.\d+/(?!site-packages/).*\.pyc")
    elsewhere = [path for path in added if not path.startswith(DIRECTORY)]
    assert [path for path in elsewhere if not compiled.fullmatch(path)] == []
    assert any("/json/__pycache__/decoder." in path for path in elsewhere)


def test_the_image_has_exactly_the_packages_of_the_lock_file(added: list[str]) -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([\w.-]+)==([\w.]+) (?!.*win32)", lock, re.MULTILINE))
    found = {
        path.removeprefix(DIRECTORY).split("/")[0] for path in added if path.endswith(".dist-info/METADATA")
    }
    assert {_normal(name) for name in found} == {
        f"{_normal(name)}-{version}.dist-info" for name, version in locked.items()
    }


def test_the_image_has_the_package_and_the_entry_point_of_this_repository(added: list[str]) -> None:
    ours = {path.removeprefix(f"{DIRECTORY}cluster_status/") for path in added if "/cluster_status/" in path}
    sources = {str(file.relative_to(SOURCE)) for file in SOURCE.rglob("*.py")}
    assert {path for path in ours if path.endswith(".py")} == sources
    assert len(ours) == 2 * len(sources)  # each of them compiled, and nothing else
    assert f"{DIRECTORY}__main__.py" in added


def test_the_image_adds_no_programs_tests_compilers_and_caches(added: list[str]) -> None:
    unwanted = re.compile(
        r"/(bin|tests?|demo|pip|setuptools|wheel|\.cache|\.git\w*)/|\.(c|o|a|whl|gz|zip|lock|toml|sh)$"
    )
    assert [path for path in added if unwanted.search(path)] == []


def test_the_image_has_no_pip(image: Image) -> None:
    left = [path for path in _files(image.name) if re.search(r"/(bin|site-packages)/pip", path)]
    assert left == []


def test_every_module_is_compiled(added: list[str]) -> None:
    present = set(added)

    def is_compiled(path: PurePosixPath) -> bool:
        folder = path.parent / "__pycache__"
        return any(found.startswith(f"{folder}/{path.stem}.cpython-") for found in present)

    modules = [PurePosixPath(path) for path in added if path.endswith(".py")]
    assert [path for path in modules if not is_compiled(path)] == []


def test_the_image_runs_isolated_python_by_an_absolute_path_as_root(image: Image) -> None:
    ours, base = (docker.describe(name)["Config"] for name in (image.name, docker.base_image()))
    program, *options = ours["Entrypoint"]
    assert PurePosixPath(program).is_absolute()
    assert "-I" in options
    assert ours.get("User", "") in {"", "root", "0"}
    for name in ("Env", "WorkingDir", "ExposedPorts", "Volumes", "Healthcheck"):
        assert ours.get(name) == base.get(name)


def _files(image: str) -> set[str]:
    listing = docker.run(
        "run", "--rm", "--network", "none", "--entrypoint", "find", image, "/", "-xdev", "-type", "f"
    )
    return set(listing.splitlines())


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")
