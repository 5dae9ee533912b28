"""All courses: the mixes of partitions, and the maintenances."""

from tests.courses import (
    maintenance_away,
    maintenance_grouped,
    maintenance_lasting,
    maintenance_lifecycle,
    maintenance_planned,
    maintenance_unread,
    partitions_lost,
    partitions_maintained,
    partitions_quiet,
    partitions_together,
    partitions_usual,
)

PARTITION_MIXES = (
    *partitions_lost.COURSES,
    *partitions_together.COURSES,
    *partitions_usual.COURSES,
    *partitions_quiet.COURSES,
    *partitions_maintained.COURSES,
)
MAINTENANCE_COURSES = (
    *maintenance_lifecycle.COURSES,
    *maintenance_away.COURSES,
    *maintenance_unread.COURSES,
    *maintenance_lasting.COURSES,
    *maintenance_grouped.COURSES,
    *maintenance_planned.COURSES,
)
