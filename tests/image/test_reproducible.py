"""One commit gives one image, on every machine that builds it."""

from pathlib import Path

import pytest

from tests.image.checkout import check_out
from tests.image.docker import ROOT, Image
from tests.image.files import files


@pytest.mark.timeout(300)  # it installs all packages again
def test_an_image_of_another_checkout_has_the_same_bytes(image: Image, tmp_path: Path) -> None:
    with Image(check_out(tmp_path, umask=0o002), "--no-cache") as other:
        ours, others = files(image.name), files(other.name)
    modules = [file for file in ours if file.path.endswith(".pyc")]
    assert len(modules) > len(list((ROOT / "src").rglob("*.py")))
    assert ours ^ others == set()
