"""Entry point of the container: signals, errors and the exit status."""

import gc
import os
import signal
from collections.abc import Callable, Mapping
from types import FrameType
from typing import TYPE_CHECKING

from cluster_status.deadline import PAUSE_SECONDS, RUN_SECONDS
from cluster_status.errors import Cancelled, InputError

if TYPE_CHECKING:
    from cluster_status.ports import Runner

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_UNEXPECTED = 1
_KILLED_BY = 128
_LIMIT_SECONDS = RUN_SECONDS + 10  # where a step has no limit of its own, such as a hanging output file
_GRACE_SECONDS = 4.8  # the runner kills 7.5 s after SIGINT; the outbox takes up to 4 s of it


def main(environ: Mapping[str, str], *, in_container: bool = False) -> int:
    """Run the action with the variables of `environ`, in its container or not; return the exit status."""
    _handle_signals(_exit_at_once)  # process 1 of a container has no defaults
    try:
        exit_status = _run(environ, in_container=in_container)
    except Cancelled as cancelled:
        return _KILLED_BY + cancelled.signal_number
    signal.setitimer(signal.ITIMER_REAL, 0)
    return exit_status


def _run(environ: Mapping[str, str], *, in_container: bool) -> int:
    # after the first handlers are set, because the imports take a quarter of a second
    gc.disable()  # the imports make many objects that stay
    from cluster_status import wiring  # noqa: PLC0415
    from cluster_status.ports import Level  # noqa: PLC0415
    from cluster_status.settings import load, source  # noqa: PLC0415

    gc.freeze()
    gc.enable()
    _handle_signals(_cancel)
    limit = _LIMIT_SECONDS
    signal.signal(signal.SIGALRM, _cancel)
    signal.setitimer(signal.ITIMER_REAL, limit)
    context = load.runner_context(environ)
    if context.on_runner:  # elsewhere, a mask would print the secret
        wiring.mask(source.secrets(environ, context.workspace))
    runner = wiring.runner(context)
    try:
        settings = load.read(environ, in_container=in_container)
        if settings.wait_seconds:
            limit += settings.wait_seconds + PAUSE_SECONDS
            signal.setitimer(signal.ITIMER_REAL, limit)
        return wiring.run(settings, runner)
    except Cancelled as cancelled:
        if cancelled.signal_number == signal.SIGALRM:
            text = f"The run did not end within {limit:.0f} s and was stopped."
            runner.annotate(Level.ERROR, f"{text} The next run tries again.")
        else:
            runner.annotate(Level.WARNING, f"Cancelled by {signal.Signals(cancelled.signal_number).name}.")
        raise
    except InputError as error:
        for problem in error.problems:
            runner.annotate(Level.ERROR, problem)
        wiring.report_failure(load.heartbeat(environ), runner)
        return error.exit_status
    except Exception as error:  # noqa: BLE001 - an internal error; its text may contain a secret
        _report_crash(runner, error)
        wiring.report_failure(load.heartbeat(environ), runner)
        return _UNEXPECTED


def _handle_signals(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in _SIGNALS:
        signal.signal(number, handler)


def _exit_at_once(number: int, _frame: FrameType | None) -> None:
    # nothing has begun yet; an exception would get lost in C code that imports a module
    os._exit(_KILLED_BY + number)


def _cancel(number: int, _frame: FrameType | None) -> None:
    _handle_signals(signal.SIG_IGN)  # a second signal must not interrupt the saving
    # in case the shutdown hangs, or Python drops the exception, as in the middle of an import
    signal.signal(signal.SIGALRM, lambda *_: os._exit(_KILLED_BY + number))
    signal.setitimer(signal.ITIMER_REAL, _GRACE_SECONDS)
    raise Cancelled(number)


def _report_crash(runner: "Runner", error: Exception) -> None:
    """Annotate the run with the stack, without the text of the exception, which may contain a secret."""
    import traceback  # noqa: PLC0415 - rarely needed

    from cluster_status.ports import Level  # noqa: PLC0415 - as above

    frames = traceback.extract_tb(error.__traceback__)[::-1]
    place = " < ".join(
        f"{frame.name} ({frame.filename.rpartition('/')[2]}:{frame.lineno})" for frame in frames
    )
    text = f"Internal error: {type(error).__name__} in {place}. Please open an issue with this line."
    runner.annotate(Level.ERROR, text)
