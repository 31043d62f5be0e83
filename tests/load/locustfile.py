"""Locust's users of the service (report section 11.3): visitors by HTTP, who upload, try on, look
and delete, and people who are live by WebSocket. ``python -m tests.load`` runs it. By itself it
wants a service that takes the tokens of ``tests.tokens``:

    locust -f tests/load/locustfile.py --host http://127.0.0.1:8000
"""

import random
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

import gevent
from gevent.pool import Pool
from locust import HttpUser, User, constant, events, task
from locust.env import Environment

from tests.bench.pictures import films, video
from tests.load.live import LiveSession
from tests.load.recorder import FILM as FILM_MADE
from tests.load.recorder import Recorder
from tests.load.who import Visitor
from tests.pictures import jpeg, portrait

API: Final = "/api/hair-tryOn"
LOOK: Final = '{"color": "copper"}'
FILM_S: Final = 1
PHOTO: Final = jpeg(portrait())
REEL: Final = films()
FILM: Final = video(FILM_S, REEL[0])
MOST_AT_ONCE: Final = 50
"""Visitors; who comes beyond them is counted as an error."""
FILM_WITHIN_S: Final = 180.0
POLL_S: Final = 0.5
STAY_S: Final = 60.0
"""Who stays for good begins a session anew so often."""


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--live-users", type=int, default=4, help="people live at once")
    parser.add_argument("--live-fps", type=float, default=10.0, help="of each; 0: when answered")
    parser.add_argument("--session-s", type=float, default=30.0, help="a session's mean length")
    parser.add_argument("--visitors-per-minute", type=float, default=20.0)
    parser.add_argument("--slot-s", type=float, default=1.0, help="of the record")
    parser.add_argument("--record", type=Path, default=None, help="where it is written")


@events.init.add_listener
def _begin(environment: Environment, **_: Any) -> None:
    # Its clock stood still while films were made above, and the run would end by so much too early.
    gevent.get_hub().loop.update_now()
    options: Any = environment.parsed_options
    LiveUser.fixed_count = options.live_users
    RestUser.fixed_count = 1
    recorder = Recorder(time.monotonic(), options.slot_s)

    def note(name: str, response_time: float, exception: Exception | None, **_: Any) -> None:
        recorder.note(name, time.monotonic(), response_time, _words(exception))

    def write(**_: Any) -> None:
        if options.record is not None:
            options.record.write_bytes(recorder.record(time.monotonic()).to_json())

    environment.events.request.add_listener(note)
    environment.events.quitting.add_listener(write)


def _words(error: BaseException | None) -> str:
    return "" if error is None else f"{type(error).__name__} {error}".strip()[:120]


class LiveUser(User):
    """Sends real frames, for a while; then somebody else comes."""

    wait_time = constant(0.2)

    @task
    def session(self) -> None:
        """One session; how long people stay is spread as in life: most leave soon."""
        options = self.environment.parsed_options
        film, length_s = random.choice(REEL), random.expovariate(1.0 / options.session_s)
        session = LiveSession(self.host or "", Visitor.new(), film, options.live_fps, self._tell)
        session.run(min(length_s, 5 * options.session_s))

    def _tell(
        self, name: str, took_s: float, size_bytes: int = 0, error: Exception | None = None
    ) -> None:
        self.environment.events.request.fire(
            request_type="WS", name=name, response_time=took_s * 1000.0,
            response_length=size_bytes, exception=error, context={},
        )  # fmt: skip


class RestUser(HttpUser):
    """All visitors by HTTP: they come at a rate, whether or not those before are answered."""

    wait_time = constant(0)

    def on_start(self) -> None:
        """See User."""
        self._visitors = Pool(MOST_AT_ONCE)
        self.client.trust_env = False  # no proxy is asked: it is this machine

    def on_stop(self) -> None:
        """See User."""
        self._visitors.kill()

    @task
    def somebody_comes(self) -> None:
        """Not in step with others before or after."""
        per_s = self.environment.parsed_options.visitors_per_minute / 60.0
        gevent.sleep(random.expovariate(per_s))
        if self._visitors.free_count() < 1:
            self._tell("visitor", error=OverflowError("as many are here as may be"))
            return
        ways = (self._uploads, self._tries_on, self._looks, self._orders_a_film)
        way = random.choices(ways, weights=(3, 3, 2, 1))[0]
        self._visitors.spawn(way, Visitor.new())

    def _uploads(self, visitor: Visitor) -> None:
        if self._upload(visitor) is not None:
            self._erase(visitor)

    def _tries_on(self, visitor: Visitor) -> None:
        files = {"image": ("me.jpg", PHOTO, "image/jpeg")}
        data = {"user_id": visitor.user_id, "look": LOOK}
        self._ask("POST", "try-on", "/try-on", visitor, data=data, files=files)

    def _looks(self, visitor: Visitor) -> None:
        self._ask("GET", "history", f"/history/{visitor.user_id}", visitor)

    def _orders_a_film(self, visitor: Visitor) -> None:
        """Uploads it, waits until it is made, fetches it, and has all deleted."""
        upload_id = self._upload(visitor)
        if upload_id is None:
            return
        began_s = time.monotonic()
        fields = {"user_id": visitor.user_id, "upload_id": upload_id, "look": LOOK}
        form = {name: (None, value) for name, value in fields.items()}
        order = self._ask("POST", "process-video", "/process-video", visitor, files=form)
        if order is None:
            return
        result = self._made(visitor, order["result_id"], began_s + FILM_WITHIN_S)
        error = None if result else TimeoutError("the film is not made")
        self._tell(FILM_MADE, time.monotonic() - began_s, error)
        if result:
            self._ask("GET", "film", result["video_url"], visitor, root="")
        self._looks(visitor)
        self._ask("DELETE", "result", f"/result/{order['result_id']}", visitor)
        self._erase(visitor)

    def _made(self, visitor: Visitor, result_id: str, until_s: float) -> dict[str, Any] | None:
        while time.monotonic() < until_s:
            gevent.sleep(POLL_S)
            result: dict[str, Any] | None = self._ask(
                "GET", "result", f"/result/{result_id}", visitor
            )
            if result is None or result["status"] in ("failed", "cancelled"):
                return None
            if result["status"] == "completed":
                return result
        return None

    def _upload(self, visitor: Visitor) -> str | None:
        files = {"video": ("me.mp4", FILM, "video/mp4")}
        data = {"user_id": visitor.user_id}
        said = self._ask("POST", "upload-video", "/upload-video", visitor, data=data, files=files)
        return None if said is None else str(said["upload_id"])

    def _erase(self, visitor: Visitor) -> None:
        self._ask("DELETE", "user data", f"/user/{visitor.user_id}/data", visitor)

    def _ask(
        self, method: str, name: str, path: str, visitor: Visitor, root: str = API, **others: Any
    ) -> Any:
        """What was answered, if that is JSON; None if it was refused."""
        answer = self.client.request(
            method, root + path, name=f"{method} {name}", headers=visitor.headers,
            params={"user_id": visitor.user_id}, **others,
        )  # fmt: skip
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return answer.json() if answer.ok and is_json else None

    def _tell(self, name: str, took_s: float = 0.0, error: Exception | None = None) -> None:
        self.environment.events.request.fire(
            request_type="FILM", name=name, response_time=took_s * 1000.0, response_length=0,
            exception=error, context={},
        )  # fmt: skip
