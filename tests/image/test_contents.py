"""The image contains only what the action runs."""

import hashlib
import re
import stat
from pathlib import Path

import pytest

from tests.image import docker
from tests.image.docker import ROOT, Image
from tests.image.files import File, files

DIRECTORY = "/opt/cluster-status/"
SOURCE = ROOT / "src" / "cluster_status"
EMPTY = hashlib.sha256(b"").hexdigest()


@pytest.fixture(scope="module")
def found(image: Image) -> dict[str, File]:
    return {file.path: file for file in files(image.name)}


def test_the_image_has_exactly_the_packages_of_the_lock_file(found: dict[str, File]) -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([\w.-]+)==([\w.]+) (?!.*win32)", lock, re.MULTILINE))
    descriptions = {path.split("/")[-2] for path in found if path.endswith(".dist-info/METADATA")}
    assert {_normal(name) for name in descriptions} == {
        f"{_normal(name)}-{version}.dist-info" for name, version in locked.items()
    }


def test_the_image_has_the_package_and_the_entry_point_of_this_repository(found: dict[str, File]) -> None:
    ours = {
        path for path in found if path.startswith(f"{DIRECTORY}cluster_status/") and found[path].is_regular
    }
    sources = [file for file in SOURCE.rglob("*") if file.is_file() and file.suffix != ".pyc"]
    names = {str(file.relative_to(SOURCE)).removesuffix(".py") for file in sources}
    expected = {name if Path(name).suffix else f"{name}.pyc" for name in names}
    assert ours == {f"{DIRECTORY}cluster_status/{name}" for name in expected}
    assert f"{DIRECTORY}__main__.pyc" in found


def test_python_modules_are_byte_code_only(found: dict[str, File]) -> None:
    sources = [file for path, file in found.items() if path.endswith(".py")]
    assert {file.digest for file in sources} == {EMPTY}
    assert [file for file in sources if "/apprise/plugins/" not in file.path] == []


def test_the_interpreter_is_the_only_program(found: dict[str, File]) -> None:
    programs = {
        path
        for path, file in found.items()
        if file.is_regular and file.mode & 0o111 and not re.search(r"\.so(\.[\d.]+)?$", path)
    }
    assert {re.sub(r"[\d.]+$", "", Path(path).name) for path in programs} == {"python"}


def test_no_file_runs_with_other_rights_or_can_be_changed_by_others(found: dict[str, File]) -> None:
    assert [path for path, file in found.items() if file.mode & (stat.S_ISUID | stat.S_ISGID)] == []
    writable = {path for path, file in found.items() if file.mode & stat.S_IWOTH and not file.link}
    assert writable == {"/tmp"}  # noqa: S108
    assert {file.owner for file in found.values()} == {(0, 0)}


def test_the_image_has_no_shell_tests_compilers_and_package_managers(found: dict[str, File]) -> None:
    unwanted = re.compile(
        r"/(tests?|demo|pip|setuptools|wheel|ensurepip|\.cache|\.git\w*)/"
        r"|/bin/(?!python)[^/]*$|\.(c|o|a|h|whl|gz|zip|lock|toml|sh)$"
    )
    assert [path for path in found if unwanted.search(path)] == []


def test_the_image_describes_its_debian_packages_for_scanners(found: dict[str, File]) -> None:
    described = {path.split("/")[-1] for path in found if path.startswith("/var/lib/dpkg/status.d/")}
    documented = {path.split("/")[-1] for path in found if path.startswith("/usr/share/doc/")}
    assert {"libc6", "zlib1g"} <= described
    assert [name for name in described if name.startswith("libssl")]
    assert described <= documented


def test_every_library_of_the_image_is_in_the_image(image: Image) -> None:
    program = """
import ctypes, pathlib
paths = [p for p in pathlib.Path("/").glob("[ou]*/**/*.so*") if p.is_file()]
for path in paths:
    ctypes.CDLL(str(path))
print(len(paths) > 50)
"""
    assert _run(image, program) == "True"


def test_every_module_of_the_action_and_each_service_can_be_imported(image: Image) -> None:
    program = """
import importlib, pathlib, sys
root = pathlib.Path("/opt/cluster-status")
sys.path.insert(0, str(root))
for path in sorted(root.glob("cluster_status/**/*.pyc")):
    importlib.import_module(".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"))
import apprise, github, zoneinfo
print(len(list(apprise.Apprise().details()["schemas"])) > 100, zoneinfo.ZoneInfo("Europe/Berlin").key)
"""
    assert _run(image, program) == "True Europe/Berlin"


def test_python_trusts_the_certificates_of_certifi(image: Image) -> None:
    program = "import ssl; print(len(ssl.create_default_context().get_ca_certs()) > 100)"
    assert _run(image, program) == "True"


def test_the_image_runs_isolated_python_by_an_absolute_path_as_root(image: Image) -> None:
    ours = docker.describe(image.name)["Config"]
    assert ours["Entrypoint"] == ["/usr/local/bin/python", "-I", "-B", "-u", "/opt/cluster-status"]
    assert ours.get("User", "") in {"", "root", "0"}
    assert sorted(ours["Env"]) == ["LANG=C.UTF-8", "PATH=/usr/local/bin"]
    for name in ("ExposedPorts", "Volumes", "Healthcheck", "Cmd"):
        assert not ours.get(name)


def _run(image: Image, program: str) -> str:
    command = ("run", "--rm", "--network", "none", "--entrypoint", "/usr/local/bin/python", image.name)
    return docker.run(*command, "-I", "-c", program).strip()


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")
