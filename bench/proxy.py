"""A proxy that delays each request and records when it started and ended.

    proxy.py PORT EMULATOR

`GET /_proxy/stats` returns the figures since `GET /_proxy/reset?latency=MILLISECONDS`.
"""

import asyncio
import json
import re
import sys
import time


class Proxy:
    def __init__(self, upstream):
        self.upstream, self.latency, self.spans, self.connections = upstream, 0.0, [], 0
        self.attached = {}

    def stats(self):
        spans = sorted(self.spans)
        # For each request, the length of the longest sequence of requests, one after the other, that ends with it.
        depth = []
        for i, (started, *_) in enumerate(spans):
            depth.append(1 + max((depth[j] for j in range(i) if spans[j][1] <= started), default=0))
        changes = sorted([(started, 1) for started, *_ in spans] + [(ended, -1) for _, ended, _ in spans])
        concurrent = most = 0
        for _, change in changes:
            concurrent += change
            most = max(most, concurrent)
        return {"requests": len(spans), "depth": max(depth, default=0), "at_once": most,
                "connections": self.connections,
                "took": [[name, ended - started] for started, ended, name in spans]}

    def control(self, target):
        if target.startswith("/_proxy/reset"):
            found = re.search(r"latency=(\d+)", target)
            self.latency, self.spans, self.connections = int(found[1]) / 1000 if found else 0.0, [], 0
        body = json.dumps(self.stats()).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    def complete(self, name, sent, response):
        """Adds the trails' log groups and roles, which the emulator does not store: no setup would be complete."""
        if name in ("CreateTrail", "UpdateTrail"):
            fields = json.loads(sent)
            keys = ("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")
            arns = {key: fields[key] for key in keys if key in fields}
            self.attached.setdefault(fields["Name"].rsplit("/", 1)[-1], {}).update(arns)
        head, body = response
        if name != "DescribeTrails" or not head.startswith(b"HTTP/1.1 200"):
            return head + body
        listed = json.loads(body)
        for trail in listed["trailList"]:
            trail.update(self.attached.get(trail["Name"], {}))
        body = json.dumps(listed).encode()
        return re.sub(rb"(?i)(content-length: *)\d+", rb"\g<1>%d" % len(body), head) + body

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
                started = time.perf_counter()
                wait = asyncio.sleep(self.latency)
                if up is None:
                    up, _ = await asyncio.gather(asyncio.open_connection("127.0.0.1", self.upstream), wait)
                else:
                    await wait
                up[1].write(head + body)
                await up[1].drain()
                response = await message(up[0], to_head=head.startswith(b"HEAD "))
                name = operation(head, body)
                self.spans.append((started, time.perf_counter(), name))
                writer.write(self.complete(name, body, response))
                await writer.drain()
                if b"connection: close" in response[0].lower():
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            if up:
                up[1].close()


def operation(head, body):
    """The name of the AWS operation. S3 requests do not contain it; theirs is the method and the subresource."""
    found = (re.search(rb"x-amz-target: *\S+\.(\w+)", head, re.I) or re.search(rb"/operation/(\w+)", head)
             or re.match(rb"Action=(\w+)", body))
    if found:
        return found[1].decode()
    method, target = head.decode().split(" ")[:2]
    return " ".join([method, *target.split("?")[1:]]).rstrip("=")


async def message(reader, to_head=False):
    """Reads a request or a response; returns its raw head and its body."""
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
