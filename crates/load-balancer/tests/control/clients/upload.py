"""Uploads with httpx: CA PROTOCOL, then URL SIZE MODE for each request. Prints a line for each answer."""
import ssl
import sys

import httpx

ca, protocol, *rest = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)


def pieces(size):
    for start in range(0, size, 65536):
        yield b"x" * min(65536, size - start)


def body(size, mode):
    return pieces(size) if mode == "stream" else b"x" * size


with httpx.Client(verify=context, http1=protocol == "1.1", http2=protocol == "2", timeout=30) as client:
    for url, size, mode in zip(rest[0::3], rest[1::3], rest[2::3]):
        try:
            answer = client.post(url, content=body(int(size), mode))
            print(answer.http_version.removeprefix("HTTP/"), answer.status_code, len(answer.content))
        except httpx.HTTPError as error:
            print("failed:", repr(error))
