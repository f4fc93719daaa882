"""The task that a worker has in hand, from `run` to its outcome."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from ..protocol.tasks import Task
from .base import Outcome, TaskListener


@dataclass
class Assignment:
    """One task, whichever process works on it.

    sent: it was handed to the process. noted: the process has said something of it. cancel_timer: it was asked to stop,
    and this replaces the process if it does not.
    """

    task: Task
    listener: TaskListener
    outcome: asyncio.Future[Outcome]
    sent: bool = False
    noted: bool = False
    cancel_timer: asyncio.TimerHandle | None = None

    @property
    def model_name(self) -> str | None:
        """None where the task uses no model."""
        return None if self.task.model is None else self.task.model.name

    def hears(self, message: dict[str, Any]) -> bool:
        """Whether a message is about this task."""
        is_own = message.get("task") == self.task.id
        self.noted = self.noted or is_own
        return is_own

    def tell(self, message: dict[str, Any]) -> None:
        """Pass progress on, until the outcome is settled."""
        if not self.outcome.done():
            self.listener(message)

    def settle(self, outcome: Outcome) -> None:
        """The first outcome counts."""
        if not self.outcome.done():
            self.outcome.set_result(outcome)

    def leave_to_the_next(self) -> bool:
        """Whether the process died with a task that it had not begun: the next one takes it, but only once."""
        if not self.sent or self.noted:
            return False
        self.sent, self.noted = False, True
        return True

    def end(self) -> None:
        if self.cancel_timer is not None:
            self.cancel_timer.cancel()
