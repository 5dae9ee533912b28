"""Whether the record of the product has the incidents that really took place, with their times."""

from cluster_status.domain.status.cause import Status
from cluster_status.domain.uptime.incident import INCIDENTS_KEPT, Incident
from cluster_status.domain.uptime.record import Record
from tests.property.fleet.judge.mistake import Kind, Mistake, Subject
from tests.property.fleet.judge.status import TOLERANCE
from tests.property.fleet.model.belief import Period
from tests.property.fleet.model.model import Model


def record_mistakes(model: Model, record: Record) -> list[Mistake]:
    """Compare the latest incidents, as many as the record keeps."""
    true = [(one, end) for one, end in model.incidents if one.status is not Status.ONLINE][-INCIDENTS_KEPT:]
    listed = list(record.incidents)
    mistakes = []
    for period, end in true:
        found = next((one for one in listed if _is(one, period, end)), None)
        if found:
            listed.remove(found)
        else:
            text = f"no incident {period.status} from {period.since} to {end.since}"
            mistakes.append(Mistake(Kind.WRONG_TIME, Subject.RECORD, end.since, text))
    mistakes += [
        Mistake(Kind.WRONG_TIME, Subject.RECORD, int(one.until.timestamp()), f"{one} did not take place")
        for one in listed
    ]
    return mistakes


def _is(one: Incident, period: Period, end: Period) -> bool:
    return (
        one.status is period.status
        and period.is_since(one.since.timestamp(), TOLERANCE)
        and end.is_since(one.until.timestamp(), TOLERANCE)
    )
