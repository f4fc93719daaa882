"""A toy of live painting: an ephemeral operation that nothing of the product knows of."""

from __future__ import annotations

from dataclasses import replace

from bridge_server.operations.registry import Registry, builtin

from ..toy import TOY

ENDLESS = 9  # the amount for which it paints until it is cancelled
LIVE = replace(TOY, name="stroke", title="Stroke", lane="interactive", durability="ephemeral", stages=("encoding",))


def with_live() -> Registry:
    operations = builtin()
    operations.register(LIVE)
    return operations
