"""The steps of a release, and a dry run of all steps."""

import secrets
import shlex
import subprocess
import tempfile
from pathlib import Path

from release import image, publication
from release.error import ReleaseError
from release.repository import Repository
from release.version import Version

_NOTES = "notes.md"


class Release:
    """One version of the repository `owner/name`; ReleaseError if it cannot be released."""

    def __init__(self, repository: Repository, version: Version, name: str) -> None:
        self._repository = repository
        self._version = version
        self._notes = repository.check(version)
        self._versions = repository.versions()
        self._source = f"https://github.com/{name}"
        self.image = f"ghcr.io/{name.lower()}"

    def push_image(self) -> str:
        """Build the image, push it, and return its digest."""
        return image.publish(self._repository, self._version, self._source, self.image)

    def publish(self, digest: str) -> None:
        """Push the tagged commit and create the release on GitHub; ReleaseError if the image does not run."""
        image.require_start(f"{self.image}@{digest}")
        publication.commit(self._repository, self._version, self.image, digest)
        with tempfile.TemporaryDirectory() as directory:
            notes = Path(directory) / _NOTES
            notes.write_text(f"{self._notes}\n", encoding="utf-8")
            subprocess.run(publication.push(self._version), cwd=self._repository.root, check=True)
            create = publication.create_release(self._version, self._versions, notes)
            if subprocess.run(create, cwd=self._repository.root, check=False).returncode:
                by_hand = publication.create_release(self._version, self._versions, Path(_NOTES))
                raise ReleaseError(
                    f"{self._version.tag} and {self._version.major_tag} are pushed, but the release was not "
                    f"created on GitHub. Create it: {shlex.join(by_hand)}"
                )

    def rehearse(self) -> None:
        """Run the steps that need no GitHub in a copy, and print the commands of the others."""
        name = f"cluster-status-rehearsal-{secrets.token_hex(4)}"
        with tempfile.TemporaryDirectory() as directory:
            copy = Repository(Path(directory) / "copy")
            self._repository.git("clone", "--quiet", str(self._repository.root), str(copy.root))
            try:
                digest = image.build_locally(copy, self._version, self._source, name)
                image.require_start(name)
            finally:
                subprocess.run(["docker", "rmi", "--force", name], capture_output=True, check=False)
            publication.commit(copy, self._version, self.image, digest)
            print("The image is built and starts. The commit to tag, with the digest of this image:\n")
            print(copy.git("show", "--format=%s%n%D%n", "HEAD"))
        self._print_commands()

    def _print_commands(self) -> None:
        base = f"{image.BASE}@sha256:…"
        options = image.publishing(self.image, self._version)
        commands = (
            image.resolve_base(),
            image.build(self._repository, self._version, self._source, base, *options),
            publication.push(self._version),
            publication.create_release(self._version, self._versions, Path(_NOTES)),
        )
        print("\nThe commands of a release on GitHub:\n")
        print(*(shlex.join(command) for command in commands), sep="\n")
        print(f"\nThe release notes:\n\n{self._notes}")
