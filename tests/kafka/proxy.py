"""A network to cut: a small TCP proxy before a broker, whose listener PROXIED names the proxy's port to everybody who asks."""

import asyncio
import threading

import cluster

CHUNK = 65536


class BehindProxy(cluster.Cluster):
    """One broker. `bootstrap` stays the direct way."""

    def __init__(self, folder):
        super().__init__(folder)
        self.protocols = {**self.protocols, "PROXIED": "PLAINTEXT"}
        self.front = cluster.free_ports(1)[0]
        self.proxy = None

    @property
    def proxied(self):
        return f"127.0.0.1:{self.front}"

    def advertised_port(self, node, listener):
        return self.front if listener == "PROXIED" else super().advertised_port(node, listener)

    def start(self):
        super().start()
        self.proxy = Proxy(self.front, self.ports["1"]["PROXIED"])

    def stop(self):
        if self.proxy is not None:
            self.proxy.close()
            self.proxy = None
        super().stop()


class Proxy:
    """Runs on a thread of its own. `cut` drops every connection and refuses new ones; `silence` keeps them and lets no byte
    pass; `mend` ends both."""

    def __init__(self, port, target):
        self.port, self.target = port, target
        self.loop = asyncio.new_event_loop()
        self.server = None
        self.writers = set()
        self.flowing = asyncio.Event()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.mend()

    def _ask(self, what):
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(30)

    def mend(self):
        self._ask(self._mend())

    def cut(self):
        self._ask(self._cut())

    def silence(self):
        self._ask(self._silence())

    def close(self):
        self.cut()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def _mend(self):
        self.flowing.set()
        if self.server is None:
            self.server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    async def _silence(self):
        self.flowing.clear()

    async def _cut(self):
        if self.server is not None:
            self.server.close()
            self.server = None
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()
        self.flowing.set()  # so that those who wait find their connections gone

    async def _carry(self, reader, writer):
        self.writers.add(writer)
        try:
            upstream, downstream = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self.writers.add(downstream)
        await asyncio.gather(self._pump(reader, downstream), self._pump(upstream, writer))

    async def _pump(self, reader, writer):
        try:
            while data := await reader.read(CHUNK):
                await self.flowing.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        self.writers.discard(writer)
        writer.transport.abort()
