"""What is done for a release, one step after the other; and a rehearsal of it all."""

import secrets
import shlex
import subprocess
import tempfile
from pathlib import Path

from release import image, publication
from release.refusal import Refusal
from release.repository import Repository
from release.version import Version

_NOTES = "notes.md"


class Release:
    """One version of this repository, on GitHub as `owner/name`; Refusal unless it may be released."""

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
        """Tag a commit that names the image, and tell GitHub; nothing of it unless everybody can run it."""
        image.demand_that_it_starts(f"{self.image}@{digest}")
        publication.commit(self._repository, self._version, self.image, digest)
        with tempfile.TemporaryDirectory() as directory:
            notes = Path(directory) / _NOTES
            notes.write_text(f"{self._notes}\n", encoding="utf-8")
            subprocess.run(publication.push(self._version), cwd=self._repository.root, check=True)
            announce = publication.announce(self._version, self._versions, notes)
            if subprocess.run(announce, cwd=self._repository.root, check=False).returncode:
                by_hand = publication.announce(self._version, self._versions, Path(_NOTES))
                raise Refusal(
                    f"{self._version.tag} and {self._version.moving_tag} are pushed, and can be used: only "
                    f"the page is missing, which is made by hand: {shlex.join(by_hand)}"
                )

    def rehearse(self) -> None:
        """Do in a copy what can be done without GitHub, and print what would follow there."""
        name = f"cluster-status-rehearsal-{secrets.token_hex(4)}"
        with tempfile.TemporaryDirectory() as directory:
            copy = Repository(Path(directory) / "copy")
            self._repository.git("clone", "--quiet", str(self._repository.root), str(copy.root))
            try:
                digest = image.build_here(copy, self._version, self._source, name)
                image.demand_that_it_starts(name)
            finally:
                subprocess.run(["docker", "rmi", "--force", name], capture_output=True, check=False)
            publication.commit(copy, self._version, self.image, digest)
            print("The image was built, and starts. The commit to tag, with the digest of this image:\n")
            print(copy.git("show", "--format=%s%n%D%n", "HEAD"))
        self._print_what_follows()

    def _print_what_follows(self) -> None:
        base = f"{image.BASE}@sha256:…"
        options = image.publishing(self.image, self._version)
        commands = (
            image.resolve_base(),
            image.build(self._repository, self._version, self._source, base, *options),
            publication.push(self._version),
            publication.announce(self._version, self._versions, Path(_NOTES)),
        )
        print("\nOn GitHub, these do the same with the image that is pushed:\n")
        print(*(shlex.join(command) for command in commands), sep="\n")
        print(f"\nThe notes:\n\n{self._notes}")
