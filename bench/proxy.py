"""A proxy that makes every request take longer, and remembers when each began and ended.

    proxy.py PORT EMULATOR

`GET /_proxy/stats` tells what was seen since `GET /_proxy/reset?latency=MILLISECONDS`.
"""

import asyncio
import json
import re
import sys
import time


class Proxy:
    def __init__(self, upstream):
        self.upstream, self.latency, self.spans, self.connections = upstream, 0.0, [], 0

    def stats(self):
        ended = sorted(self.spans)
        # How many requests had to wait for one another: the depth of the longest chain in time.
        depth = []
        for i, (began, _) in enumerate(ended):
            depth.append(1 + max((depth[j] for j in range(i) if ended[j][1] <= began), default=0))
        turns = sorted([(began, 1) for began, _ in ended] + [(end, -1) for _, end in ended])
        now = most = 0
        for _, turn in turns:
            now += turn
            most = max(most, now)
        return {"requests": len(ended), "depth": max(depth, default=0), "at_once": most,
                "connections": self.connections}

    def control(self, target):
        if target.startswith("/_proxy/reset"):
            found = re.search(r"latency=(\d+)", target)
            self.latency, self.spans, self.connections = int(found[1]) / 1000 if found else 0.0, [], 0
        body = json.dumps(self.stats()).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    async def serve(self, reader, writer):
        up = None
        counted = False
        try:
            while True:
                head, body = await message(reader)
                target = head.split(b" ", 2)[1].decode()
                if target.startswith("/_proxy/"):
                    writer.write(self.control(target))
                    await writer.drain()
                    continue
                if not counted:
                    counted, self.connections = True, self.connections + 1
                began = time.perf_counter()
                if up is None:
                    up = await asyncio.open_connection("127.0.0.1", self.upstream)
                if self.latency:
                    await asyncio.sleep(self.latency)
                up[1].write(head + body)
                await up[1].drain()
                answer = await message(up[0], to_head=head.startswith(b"HEAD "))
                self.spans.append((began, time.perf_counter()))
                writer.write(answer[0] + answer[1])
                await writer.drain()
                if b"connection: close" in answer[0].lower():
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            if up:
                up[1].close()


async def message(reader, to_head=False):
    """A request or a response: its head as it came, and its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    if to_head or re.match(rb"http/1\.1 (204|304)", lower):
        return head, b""
    if b"transfer-encoding: chunked" in lower:
        body = b""
        while True:
            size = await reader.readuntil(b"\r\n")
            chunk = await reader.readexactly(int(size.split(b";")[0], 16) + 2)
            body += size + chunk
            if size.strip() == b"0":
                return head, body
    found = re.search(rb"content-length: *(\d+)", lower)
    return head, await reader.readexactly(int(found[1])) if found else b""


async def main():
    port, upstream = int(sys.argv[1]), int(sys.argv[2])
    server = await asyncio.start_server(Proxy(upstream).serve, "127.0.0.1", port, limit=1 << 24)
    await server.serve_forever()


asyncio.run(main())
