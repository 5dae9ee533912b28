"""Fuzzes one reader, guided by what its code has not done yet; scripts/fuzz runs it.

`python -m tests.property.coverage_guided NAME …`, and options of libFuzzer.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["cluster_status"]):
    from tests.property.fuzz import FINDS, READERS


def main(name: str, *options: str) -> None:
    reader = next(reader for reader in READERS if reader.name == name)
    finds = FINDS / name
    finds.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        corpus, words = Path(directory, "corpus"), Path(directory, "words")
        corpus.mkdir()
        for number, seed in enumerate(reader.seeds):
            (corpus / str(number)).write_bytes(seed)
        quoted = ("".join(f"\\x{byte:02x}" for byte in word) for word in reader.words)
        words.write_text("".join(f'"{word}"\n' for word in quoted), encoding="ascii")
        arguments = [f"-artifact_prefix={finds}/", f"-dict={words}", "-print_final_stats=1", *options]
        atheris.Setup([sys.argv[0], *arguments, str(corpus)], reader.probe)
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
