"""The sites of the courses."""

from datetime import timedelta

from tests.fakes.site import START, Partition, Site


def mscluster(
    *, batch_limit: str = "1-00:00:00", gpu_limit: str = "1-00:00:00", batch_default: bool = True
) -> Site:
    """Return a site of 40 nodes for batch jobs and 4 with GPUs."""
    return Site(
        Partition("batch", "cpu[01-40]", default=batch_default, time_limit=batch_limit),
        Partition("gpu", "gpu[1-4]", time_limit=gpu_limit),
    )


def with_login_partition() -> Site:
    return Site(
        Partition("batch", "cpu[01-40]", default=True),
        Partition("login", "login[1-2]"),
        Partition("gpu", "gpu[1-4]"),
    )


def with_large_partition() -> Site:
    """Return a site of which the largest partition is not the default one."""
    return Site(
        Partition("batch", "cpu[01-44]", default=True),
        Partition("large", "big[001-100]", time_limit="2:00:00"),
    )


def without_default() -> Site:
    return Site(Partition("short", "cpu[01-20]"), Partition("long", "cpu[21-40]"))


def overlapping() -> Site:
    """Return a site whose GPU nodes are in three partitions, one of which has other nodes, too."""
    return Site(
        Partition("batch", "cpu[01-40]", default=True),
        Partition("everything", "cpu[01-40],gpu[1-4],viz[1-2]"),
        Partition("render", "gpu[1-4],viz[1-2]"),
        Partition("gpu", "gpu[1-4]"),
    )


def with_bigmem() -> Site:
    return Site(
        Partition("batch", "cpu[01-40]", default=True),
        Partition("gpu", "gpu[1-4]"),
        Partition("bigmem", "mem[1-2]"),
    )


def cloud() -> Site:
    """Return a site of two queues in a cloud, all powered down."""
    site = Site(Partition("queue", "queue-dy[1-10]", default=True), Partition("accel", "accel-dy[1-8]"))
    site.set_nodes("ALL", "idle~")
    return site


def with_dead_gpus() -> Site:
    site = mscluster()
    site.set_nodes("gpu[1-4]", "down*", since=START - timedelta(days=90))
    return site


def with_batch_down() -> Site:
    site = mscluster()
    site.set_partition("batch", "down")
    return site


def all_down() -> Site:
    site = without_default()
    site.set_partition("short", "down")
    site.set_partition("long", "inactive")
    return site


def with_most_nodes_dead() -> Site:
    """Return a site with a partition of more nodes than the others, which failed ten days ago."""
    site = Site(Partition("batch", "cpu[01-40]", default=True), Partition("old", "old[01-60]"))
    site.set_nodes("old[01-60]", "down*", since=START - timedelta(days=10))
    return site


def with_retired_nodes() -> Site:
    """Return a site with more retired nodes than others."""
    site = Site(Partition("batch", "cpu[01-40]", default=True), Partition("old", "old[01-60]"))
    site.set_nodes("old[01-60]", "drain", reason="retired", since=START - timedelta(days=400))
    return site


def with_nodes_out_for_long() -> Site:
    """Return a site in which 21 of 44 nodes have been drained for 40 days."""
    site = mscluster()
    site.set_nodes("cpu[01-21]", "drain", reason="sold", since=START - timedelta(days=40))
    return site


def with_night_partition() -> Site:
    site = Site(Partition("batch", "cpu[01-40]", default=True), Partition("night", "cpu[01-40]"))
    site.set_partition("night", "down")
    return site


def forty_nodes() -> Site:
    return Site(Partition("batch", "cpu[01-40]", default=True))


def with_hidden_partition() -> Site:
    return Site(Partition("batch", "cpu[01-40]", default=True), Partition("all", "cpu[01-40]", hidden=True))
