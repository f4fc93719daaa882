"""Whether the queue has room for one more job."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import BridgeError, ErrorCode
from .record import Job
from .superseding import gives_way


def check_room(unfinished: Iterable[Job], places: int, client: str, supersedes: str = "") -> None:
    """Raises queue_full where one more job would be too many, of all or of this client.

    A client may hold half of the places, so that a script gone wrong in one program leaves room for the others.
    supersedes: the Supersedes-Key of the new job, which gets the place of those that give way.
    """
    staying = [job.client for job in unfinished if not gives_way(job, client, supersedes)]
    own = staying.count(client)
    if len(staying) >= places:
        told = f"{len(staying)} jobs are waiting already; {places} is the limit."
    elif own >= (places + 1) // 2:
        told = f"This program already has {own} jobs waiting; the other places are kept for other programs."
    else:
        return
    raise BridgeError(ErrorCode.QUEUE_FULL, f"{told} Wait for one to finish, or cancel some in History.")
