"""Answers are about a person: nobody on the way keeps one, but files that say so themselves."""

from tests.integration.service import Service
from tests.integration.test_kept import VIDEO, made

API = "/api/hair-tryOn"
ANSWERS = [
    ("GET", f"{API}/health", 200),
    ("GET", f"{API}/shades", 200),
    ("GET", f"{API}/ice-servers?user_id=ann", 200),
    ("GET", f"{API}/history/ann", 200),
    ("GET", f"{API}/result/r1?user_id=ann", 200),
    ("GET", f"{API}/result/r1/events?user_id=ann", 200),
    ("GET", f"{API}/user/ann/export", 200),
    ("GET", "/openapi.json", 200),
    ("GET", f"{API}/result/r1?user_id=bob", 403),
    ("GET", f"{API}/result/none?user_id=ann", 404),
    ("GET", "/uploads/result_none.mp4", 404),
    ("GET", "/nowhere", 404),
    ("GET", f"{API}/user/a%20b/export", 422),
    ("POST", f"{API}/upload-video", 400),
    ("POST", f"{API}/process-video", 400),
    ("POST", f"{API}/try-on", 400),
    ("POST", f"{API}/result/r1/cancel?user_id=ann", 200),
    ("DELETE", f"{API}/result/r1?user_id=ann", 204),
    ("DELETE", f"{API}/user/ann/data", 200),
]


async def test_no_answer_is_kept_on_the_way(service: Service) -> None:
    """Errors neither; a file is, as its own header says, and the page is asked for anew."""
    kept = await made(service)
    video, _ = await kept.get(VIDEO)
    assert video.headers["Cache-Control"].startswith("private, max-age=")
    caller = service.caller
    page = await caller.http.get(caller.url)
    assert page.headers["Cache-Control"] == "no-cache"
    for method, path, status in ANSWERS:
        async with caller.http.request(method, caller.url + path) as answer:
            told = (path, answer.status, answer.headers.get("Cache-Control"))
        assert told == (path, status, "no-store")
