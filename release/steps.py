"""The steps of a release, and a dry run of all steps."""

import secrets
import shlex
import subprocess
import tempfile
from pathlib import Path

from release import image, publication
from release.command import attempt
from release.error import ReleaseError
from release.name import RepositoryName
from release.repository import Repository
from release.version import Version

_NOTES = "notes.md"


class Release:
    """One version of a repository; ReleaseError if it cannot be released."""

    def __init__(self, repository: Repository, version: Version, name: RepositoryName) -> None:
        self._repository = repository
        self._version = version
        self._notes = repository.check(version, name)
        self._versions = repository.versions()
        self.name = name

    def push_image(self) -> str:
        """Build the image, push it, and return its digest."""
        return image.publish(self._repository, self._version, self.name)

    def publish(self, digest: str) -> None:
        """Push the tagged commit and create the release on GitHub; ReleaseError if the image does not run."""
        image.require_public(self.name, digest)
        publication.commit(self._repository, self._version, self.name.image, digest)
        publication.push(self._repository.root, self._version)
        with tempfile.TemporaryDirectory() as directory:
            notes = Path(directory) / _NOTES
            notes.write_text(f"{self._notes}\n", encoding="utf-8")
            create = publication.create_release(self._version, self._versions, notes)
            if attempt(create, self._repository.root).returncode:
                by_hand = publication.create_release(self._version, self._versions, Path(_NOTES))
                raise ReleaseError(
                    f"{self._version.tag} and {self._version.major_tag} are pushed, but the release was not "
                    f"created on GitHub. Create it: {shlex.join(by_hand)}"
                )

    def rehearse(self) -> None:
        """Run the steps that need no GitHub in a copy, and print the commands of the others."""
        tag = f"cluster-status-rehearsal-{secrets.token_hex(4)}"
        with tempfile.TemporaryDirectory() as directory:
            copy = Repository(Path(directory) / "copy")
            self._repository.git("clone", "--quiet", str(self._repository.root), str(copy.root))
            try:
                digest = image.build_locally(copy, self._version, self.name, tag)
                image.require_start(tag)
            finally:
                attempt(["docker", "rmi", "--force", tag], stderr=subprocess.DEVNULL)
            publication.commit(copy, self._version, self.name.image, digest)
            print("The image is built and starts. The commit to tag, with the digest of this image:\n")
            print(copy.git("show", "--format=%s%n%D%n", "HEAD"))
        self._print_commands()

    def _print_commands(self) -> None:
        options = image.publishing(self.name, self._version)
        commands = (
            image.resolve(image.base_image(self._repository.read("Dockerfile"))),
            image.build(self._repository, self._version, self.name, "sha256:…", *options),
            publication.push_tags(self._version),
            publication.create_release(self._version, self._versions, Path(_NOTES)),
        )
        print("\nThe commands of a release on GitHub:\n")
        print(*(shlex.join(command) for command in commands), sep="\n")
        print(f"\nThe release notes:\n\n{self._notes}")
