"""What looks after the parts that others have made: it reads what is installed, and finds what it should."""

import re
import subprocess
import sys
from pathlib import Path

from tests.contract.workflows.validators import ROOT

HADOLINT = Path(sys.executable).parent / "hadolint"


def test_the_audit_for_vulnerabilities_reads_every_package_of_the_image() -> None:
    said = subprocess.run(
        [ROOT / "scripts" / "audit", "--dry-run"], capture_output=True, text=True, check=True
    ).stderr
    locked = re.findall(
        "^[a-z].*==", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE | re.IGNORECASE
    )
    assert f"would have audited {len(locked)} packages" in said


def test_a_fault_in_the_dockerfile_is_found(tmp_path: Path) -> None:
    sound = (ROOT / "Dockerfile").read_text("utf-8")
    broken = tmp_path / "Dockerfile"
    for text, fault in (
        (sound.replace("RUN python", "RUN cd /opt && python"), "DL3003"),
        (f"{sound}MAINTAINER me\n", "DL4000"),
    ):
        broken.write_text(text, "utf-8")
        result = subprocess.run([HADOLINT, broken], capture_output=True, text=True, check=False)
        assert (result.returncode, fault in result.stdout) == (1, True)
