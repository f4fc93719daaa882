"""Words that find a job, and words that do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge_server.jobs.record import Job
from bridge_server.jobs.search import matches, words_of
from bridge_server.operations.registry import Registry, builtin

from .desk import MODEL, REQUEST

JOB = Job(
    id="a",
    client="c",
    key="",
    request=REQUEST.changed(
        params={"prompt": "Ein roter Apfel am STRAND, 苹果", "negative_prompt": "blurred"},
        document={"width": 8, "height": 8, "name": "Straße im März.xcf"},
    ),
    model=replace(MODEL, name="Realistic-Vision_v6"),
    created=0.0,
)


@pytest.mark.parametrize(
    "words",
    [
        "", "  ", "roter", "ROTER apfel", "strand rot", "苹果", "blur", "strasse", "STRASSE", "märz", "MA\u0308RZ",
        "realistic xcf", "txt2img", "text to image", "Apfel vision_V6 blurred ｍärz",
    ],
)  # fmt: skip
def test_found(words: str) -> None:
    assert matches(JOB, words_of(words), builtin())


@pytest.mark.parametrize("words", ["birne", "apfel birne", "roterapfel", "blurred sharp", "inpaint", "xcf.Straße"])
def test_not_found(words: str) -> None:
    assert not matches(JOB, words_of(words), builtin())


def test_a_job_of_an_operation_that_is_gone_is_found_by_its_name() -> None:
    assert matches(JOB, words_of("txt2img roter"), Registry())
