from cluster_status.domain.actions.retention import PruneResult
from cluster_status.render.pruning import PruneReport, markdown, plain

RESULTS = (
    PruneResult("poll.yml", found=120, kept=10, protected=2, deleted=100),
    PruneResult("a_b.yml", found=1, kept=1, protected=0, deleted=0),
)


def test_the_table_has_a_row_for_each_workflow() -> None:
    lines = markdown(PruneReport(RESULTS, dry_run=False)).splitlines()
    assert lines[:6] == [
        "### Runs deleted: 100",
        "",
        "| workflow | found | kept | protected | deleted | left |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        "| poll.yml | 120 | 10 | 2 | 100 | 8 |",
        r"| a\_b.yml | 1 | 1 | 0 | 0 | 0 |",
    ]


def test_the_report_of_a_dry_run_does_not_claim_deletions() -> None:
    report = PruneReport(RESULTS, dry_run=True)
    assert plain(report).splitlines() == [
        "Runs to delete: 100",
        "workflow  found  kept  protected  to delete  left",
        "poll.yml    120    10          2        100     8",
        "a_b.yml       1     1          0          0     0",
    ]
    assert "| deleted |" not in markdown(report)
