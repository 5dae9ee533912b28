"""One commit gives one image, on every machine that builds it."""

from pathlib import Path

import pytest

from tests.image import docker
from tests.image.checkout import check_out
from tests.image.docker import ROOT, Image

# without the files that the engine adds to every container
_FIND = r"find / -xdev -type f ! -path '/etc/host*' ! -path /etc/resolv.conf"


@pytest.mark.timeout(300)  # it installs all packages again
def test_an_image_of_another_checkout_has_the_same_bytes(image: Image, tmp_path: Path) -> None:
    with Image(check_out(tmp_path, umask=0o002), "--no-cache") as other:
        files, other_files = _files(image), _files(other)
    assert len([line for line in files if line.endswith(".py")]) > len(list((ROOT / "src").rglob("*.py")))
    assert files ^ other_files == set()


def _files(image: Image) -> set[str]:
    """Return kind, mode, owner, path and link target of each file, and a digest of its content.

    Times are left out: a release sets them to the time of the commit.
    """
    commands = f"find / -xdev -printf '%y %m %U:%G %p -> %l\\n'; {_FIND} -exec sha256sum {{}} +"
    run = ("run", "--rm", "--network", "none", "--entrypoint", "sh")
    return set(docker.run(*run, image.name, "-c", commands).splitlines())
