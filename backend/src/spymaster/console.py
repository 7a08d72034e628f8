"""What the commands share: saying things on stderr in one line."""

import asyncio
import contextlib
from collections.abc import Iterator

import typer
from rich.console import Console

from spymaster.core.errors import SpymasterError

errors = Console(stderr=True)


def say(text: str) -> None:
    """One line for a person."""
    errors.print(text, highlight=False, markup=False, soft_wrap=True)


@contextlib.contextmanager
def one_line_errors(stopped: str = "stopped") -> Iterator[None]:
    """Turn our own errors into one line and exit code 1, and Ctrl-C into exit code 130."""
    try:
        yield
    except SpymasterError as exc:
        errors.print(
            f"spymaster: {exc}", style="red", highlight=False, markup=False, soft_wrap=True
        )
        raise typer.Exit(1) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        say(stopped)
        raise typer.Exit(130) from None
