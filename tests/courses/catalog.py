"""All courses: the mixes of partitions, the maintenances, and what the user asks for."""

from tests.courses import (
    maintenance_away,
    maintenance_grouped,
    maintenance_lasting,
    maintenance_lifecycle,
    maintenance_planned,
    maintenance_unread,
    of_the_user,
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
COURSES_OF_THE_USER = of_the_user.COURSES
MAINTENANCE_COURSES = (
    *maintenance_lifecycle.COURSES,
    *maintenance_away.COURSES,
    *maintenance_unread.COURSES,
    *maintenance_lasting.COURSES,
    *maintenance_grouped.COURSES,
    *maintenance_planned.COURSES,
)
