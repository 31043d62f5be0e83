"""Hanging up on a client that is still sending, so that it learns why.

A socket that is closed with unread input answers with a reset, which overtakes the closing frame
at the client. So the input is read and thrown away for a while (RFC 9112, section 9.6).
"""

import asyncio


class _Discard(asyncio.Protocol):
    """Takes the place of a connection's protocol and keeps nothing of what comes in."""

    def __init__(self, replaced: asyncio.BaseProtocol) -> None:
        self._replaced = replaced
        self.lost = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        self._replaced.connection_lost(exc)
        self.lost.set()


async def discard_input(transport: asyncio.Transport, timeout_s: float) -> None:
    """Throw input away until the client hangs up; hang up ourselves when the time is over.

    The connection is not closed in one direction meanwhile: some clients take that for a loss.
    """
    if transport.is_closing():
        return
    replaced = transport.get_protocol()
    discard = _Discard(replaced)
    transport.set_protocol(discard)
    transport.resume_reading()
    try:
        async with asyncio.timeout(timeout_s):
            await discard.lost.wait()
    except TimeoutError:
        pass  # it has had its time
    finally:
        transport.set_protocol(replaced)
        transport.abort()
