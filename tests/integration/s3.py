"""A real HTTP server that speaks S3, on a free loopback port."""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Final

from moto.server import ThreadedMotoServer

HOST: Final = "127.0.0.1"


class S3:
    """What is put into it is forgotten when it is stopped."""

    def __init__(self) -> None:
        # It would write a line for each request.
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        self._server = ThreadedMotoServer(HOST, port=0, verbose=False)
        self._server.start()
        self.port = self._server.get_host_and_port()[1]

    @property
    def variables(self) -> dict[str, str]:
        """What an environment says of it."""
        return {
            "AWS_ENDPOINT": f"http://{HOST}:{self.port}",
            "AWS_ACCESS_KEY_ID": "tests",
            "AWS_SECRET_ACCESS_KEY": "tests",
            "AWS_REGION": "us-east-1",
        }

    def make_bucket(self) -> str:
        """A new bucket's address."""
        name = f"bucket-{uuid.uuid4().hex}"
        assert self._ask("PUT", f"/{name}")[0] == 200
        return f"s3://{name}/files"

    def begun(self, url: str) -> int:
        """How many uploads in parts are begun in a bucket, and not ended."""
        name = url.removeprefix("s3://").partition("/")[0]
        status, text = self._ask("GET", f"/{name}?uploads")
        assert status == 200
        return text.count(b"<UploadId>")

    def files(self, url: str) -> int:
        """How many files are in a bucket."""
        name = url.removeprefix("s3://").partition("/")[0]
        status, text = self._ask("GET", f"/{name}?list-type=2")
        assert status == 200
        return text.count(b"<Key>")

    def stop(self) -> None:
        """Stop it."""
        self._server.stop()

    def _ask(self, method: str, address: str) -> tuple[int, bytes]:
        connection = HTTPConnection(HOST, self.port, timeout=10)
        try:
            connection.request(method, address)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextmanager
def running_s3() -> Iterator[S3]:
    """A server, until the block is left."""
    server = S3()
    try:
        yield server
    finally:
        server.stop()
