"""The demo's broker: amqtt on one port of the loopback address, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

from amqtt.broker import Broker

CONFIG = {
    "listeners": {"default": {"type": "tcp"}},
    "plugins": {
        "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True},
    },
}


async def serve(port: int) -> None:
    """Run until SIGTERM or SIGINT."""
    listener = {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}}
    broker = Broker({**CONFIG, "listeners": listener})
    await broker.start()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await broker.shutdown()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(serve(int(sys.argv[1])))
