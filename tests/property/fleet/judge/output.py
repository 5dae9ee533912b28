"""Whether the confirmed status, which is an output, is that of the model at each poll."""

from cluster_status.domain.status.cause import Status
from tests.property.fleet.judge.mistake import Kind, Mistake, Subject
from tests.property.fleet.model.model import Picture


class OutputJudge:
    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self._is_wrong = False

    def poll(self, picture: Picture, status: Status | None) -> None:
        """Compare; polls in a row with a wrong status count once."""
        right = picture.belief.status if picture.belief else None
        if status is not right and not self._is_wrong:
            text = f"{status} instead of {right}"
            self.mistakes.append(Mistake(Kind.CONTRADICTION, Subject.OUTPUT, picture.at, text))
        self._is_wrong = status is not right
