"""One commit gives one image, on every machine that builds it."""

from pathlib import Path

import pytest

from tests.image import docker
from tests.image.checkout import check_out
from tests.image.docker import ROOT, Image

# what the engine itself puts into every container
_FILES = r"find / -xdev -type f ! -path '/etc/host*' ! -path /etc/resolv.conf"


@pytest.mark.timeout(300)  # it installs all packages again
def test_an_image_of_another_checkout_has_the_same_bytes(image: Image, tmp_path: Path) -> None:
    with Image(check_out(tmp_path, umask=0o002), "--no-cache") as other:
        here, there = _tree(image), _tree(other)
    assert len([line for line in here if line.endswith(".py")]) > len(list((ROOT / "src").rglob("*.py")))
    assert here ^ there == set()


def _tree(image: Image) -> set[str]:
    """List all there is: kind, rights, owner and path, where a link leads to, and what a file holds.

    Times are left out: a release sets them, when it pushes, to that of the commit.
    """
    commands = f"find / -xdev -printf '%y %m %U:%G %p -> %l\\n'; {_FILES} -exec sha256sum {{}} +"
    run = ("run", "--rm", "--network", "none", "--entrypoint", "sh")
    return set(docker.ask(*run, image.name, "-c", commands).splitlines())
