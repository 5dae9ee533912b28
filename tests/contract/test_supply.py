"""The audit of the packages reads all of them, and the lint of the Dockerfile finds faults."""

import re
import subprocess
import sys
from pathlib import Path

from tests.contract.workflows.validators import ROOT

HADOLINT = Path(sys.executable).parent / "hadolint"


def test_the_audit_reads_every_package_of_the_image() -> None:
    output = subprocess.run(
        [ROOT / "scripts" / "audit", "--dry-run"], capture_output=True, text=True, check=True
    ).stderr
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    locked = re.findall("^[a-z].*==(?!.*win32)", lock, re.MULTILINE | re.IGNORECASE)
    assert f"would have audited {len(locked)} packages" in output


def test_a_fault_in_the_dockerfile_is_found(tmp_path: Path) -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    broken = tmp_path / "Dockerfile"
    for changed, fault in (
        (text.replace("RUN python", "RUN cd /opt && python"), "DL3003"),
        (f"{text}MAINTAINER me\n", "DL4000"),
    ):
        broken.write_text(changed, "utf-8")
        result = subprocess.run([HADOLINT, broken], capture_output=True, text=True, check=False)
        assert (result.returncode, fault in result.stdout) == (1, True)
