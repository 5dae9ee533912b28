"""The years of the clusters of a fleet, one after another in as many processes as there are processors."""

from collections import Counter
from collections.abc import Callable, Sequence

from msgspec import Struct, field

from cluster_status.domain.notification.notification import Notification
from tests.property.fleet.judge.channel import ChannelJudge
from tests.property.fleet.judge.delivery import DeliveryJudge
from tests.property.fleet.judge.mistake import Mistake
from tests.property.fleet.judge.output import OutputJudge
from tests.property.fleet.judge.record import record_mistakes
from tests.property.fleet.model.model import Model
from tests.property.fleet.monitor import Monitor
from tests.property.fleet.world.blueprint import blueprint
from tests.property.fleet.world.runs import CHANNELS, Rates, runs
from tests.property.fleet.world.truth import DAY
from tests.property.fleet.world.world import BEGIN, World

SEED = 2026


class Task(Struct, frozen=True):
    cluster: int
    days: int
    seed: int = SEED
    rates: Rates = Rates()


class Outcome(Struct):
    """What happened to one cluster. `by_day` are the messages of the main channel."""

    task: Task
    polls: int = 0
    statuses: Counter[str] = field(default_factory=Counter)  # polls with this confirmed status
    events: Counter[str] = field(default_factory=Counter)
    by_day: Counter[int] = field(default_factory=Counter)
    courses: Counter[str] = field(default_factory=Counter)
    mistakes: list[Mistake] = field(default_factory=list)

    @property
    def messages_a_day(self) -> list[int]:
        return [self.by_day[day] for day in range(self.task.days)]


def simulate(task: Task, make_monitor: Callable[[str], Monitor] = Monitor) -> Outcome:
    """Poll one cluster, and judge each channel."""
    plan = blueprint(task.cluster)
    world = World(plan, task.cluster, task.seed, days=task.days)
    model, monitor = Model(plan), make_monitor(plan.name)
    judges = {name: ChannelJudge() for name in CHANNELS}
    deliveries = {name: DeliveryJudge() for name in CHANNELS}
    output = OutputJudge()
    outcome = Outcome(task)
    outcome.courses.update(f"{one.kind}: {one.course}, {one.inside}" for one in world.plans.values())
    end = BEGIN + task.days * DAY
    for run in runs(BEGIN, end, f"{task.seed} runs {task.cluster}", task.rates):
        truth = world.at(run.second)
        said = monitor.poll(run, truth)
        outcome.polls += 1
        if not run.saves:
            continue
        picture = model.poll(run, truth, monitor.status)
        for name, judge in judges.items():
            judge.poll(picture, said.new[name], said.withdrawn[name])
            deliveries[name].poll(picture, said.new[name], said.delivered[name], refuses=name in run.refusing)
        output.poll(picture, monitor.status)
        _count(outcome, run.second, said.delivered[CHANNELS[0]], picture.belief and picture.belief.status)
    lists = [
        *(judge.mistakes for judge in judges.values()),
        *(judge.mistakes for judge in deliveries.values()),
        output.mistakes,
        record_mistakes(model, monitor.history.record),
    ]
    outcome.mistakes += [mistake for mistakes in lists for mistake in mistakes]
    return outcome


def _count(outcome: Outcome, second: int, delivered: Sequence[Notification], status: object) -> None:
    outcome.statuses[str(status)] += 1
    for one in delivered:
        outcome.events[one.event.value] += 1
        outcome.by_day[(second - BEGIN) // DAY] += 1
