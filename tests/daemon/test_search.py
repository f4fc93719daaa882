"""GET /v1/jobs?q=: History by words, through HTTP."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from tests.support.app import Face, open_face
from tests.support.requests import frame


async def submitted(face: Face, prompt: str, token: str) -> str:
    content = b"".join(bytes(part) for part in frame("txt2img", side=64, prompt=prompt))
    status, answer, _ = await face.ask("POST", "/v1/jobs", content, token=token)
    assert status == 202, answer
    return answer["id"]


async def test_words_find_a_client_s_own_jobs_page_by_page(tmp_path: Path) -> None:
    async with open_face(tmp_path) as face:
        mine, other = await face.pair("GIMP"), await face.pair("Photoshop")
        apples = [await submitted(face, f"Apfel {number} an der Küste", mine) for number in range(5)]
        pear = await submitted(face, "pear", mine)
        await submitted(face, "Apfel an der Küste", other)

        async def page(query: str) -> tuple[list[str], str | None]:
            status, answer, _ = await face.ask("GET", f"/v1/jobs?{query}", token=mine)
            assert status == 200, answer
            return [job["id"] for job in answer["jobs"]], answer["next"]

        words = f"q={quote('KÜSTE apfel')}"
        found: list[str] = []
        before = ""
        while True:
            ids, following = await page(f"{words}&limit=2{before}")
            assert len(ids) <= 2
            found += ids
            if following is None:
                break
            before = f"&before={following}"
        assert found == apples[::-1]
        assert await page(f"q={quote('apfel 3')}") == ([apples[3]], None)
        assert await page("q=PEAR") == ([pear], None)
        assert await page("q=pear&document=elsewhere") == ([], None)
        assert await page("q=nothing") == ([], None)
        assert len((await page("q="))[0]) == 6
        status, answer, _ = await face.ask("GET", f"/v1/jobs?q={'x' * 201}", token=mine)
        assert (status, answer["code"]) == (400, "invalid_request")
        assert "q has 201 characters" in answer["message"]
