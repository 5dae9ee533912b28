import pytest

from tests.contract.hostile import table


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table of hostile behaviours."""
    if rows := config.stash.get(table.ROWS, []):
        terminalreporter.section("hostile SSH servers")
        for line in table.lines(rows):
            terminalreporter.write_line(line)
