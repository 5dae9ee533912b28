"""The judge of the simulated fleet, by a product that notifies what the model wants."""

from collections.abc import Callable, Iterator, Sequence

from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from tests.property.fleet.judge.channel import ChannelJudge
from tests.property.fleet.judge.mistake import Kind
from tests.property.fleet.model.model import Model, Picture
from tests.property.fleet.speaker import Speaker
from tests.property.fleet.world.blueprint import blueprint
from tests.property.fleet.world.runs import runs
from tests.property.fleet.world.truth import DAY
from tests.property.fleet.world.world import BEGIN, World

DAYS = 21


def spoken(cluster: int, speaker: Speaker) -> Iterator[tuple[Picture, list[Notification]]]:
    """Yield what the model knows at each poll, and what it wants to be notified."""
    plan = blueprint(cluster)
    world, model = World(plan, cluster, 1, days=DAYS), Model(plan)
    for run in runs(BEGIN, BEGIN + DAYS * DAY, f"runs {cluster}"):
        if run.saves:
            picture = model.poll(run, world.at(run.second), None)
            yield picture, speaker.poll(picture)


def kinds(cluster: int, change: Callable[[Sequence[Notification]], Sequence[Notification]]) -> set[Kind]:
    """Return the kinds of mistakes that a judge finds in changed notifications."""
    judge = ChannelJudge()
    for picture, said in spoken(cluster, Speaker()):
        judge.poll(picture, change(said))
    return {mistake.kind for mistake in judge.mistakes}


def test_the_judge_finds_an_outage_that_is_not_notified() -> None:
    assert Kind.MISSED_OUTAGE not in kinds(0, list)
    assert Kind.MISSED_OUTAGE in kinds(0, lambda said: [one for one in said if one.event is not Event.OUTAGE])
