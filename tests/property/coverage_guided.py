"""Fuzzes one reader, guided by code coverage; scripts/fuzz runs it.

python -m tests.property.coverage_guided NAME [OPTION…]   with options of libFuzzer
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["cluster_status"]):
    from tests.property.fuzz import FINDINGS, READERS


def main(name: str, *options: str) -> None:
    reader = next(reader for reader in READERS if reader.name == name)
    findings = FINDINGS / name
    findings.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        corpus, dictionary = Path(directory, "corpus"), Path(directory, "dictionary")
        corpus.mkdir()
        for number, seed in enumerate(reader.seeds):
            (corpus / str(number)).write_bytes(seed)
        quoted = ("".join(f"\\x{byte:02x}" for byte in token) for token in reader.tokens)
        dictionary.write_text("".join(f'"{token}"\n' for token in quoted), encoding="ascii")
        arguments = [f"-artifact_prefix={findings}/", f"-dict={dictionary}", "-print_final_stats=1", *options]
        atheris.Setup([sys.argv[0], *arguments, str(corpus)], reader.probe)
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
