"""nginx/nginx-load-balancer.conf does the balancer's job: run for real in front of three small servers."""

import http.client
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from forged import FORGED, forged_in  # noqa: E402

CONFIG = Path(__file__).parents[2] / "nginx/nginx-load-balancer.conf"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


class Backend(BaseHTTPRequestHandler):
    """Answers with what it got; /api/busy is refused by the first server only."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):  # noqa: N802
        status = 503 if self.path == "/api/busy" and self.server.number == 1 else 200
        self.server.asked.append(self.path)
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(status)
        self.send_header("X-Instance-Id", f"backend-{self.server.number}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@unittest.skipUnless(NGINX, "nginx is not installed")
class NginxFallback(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = Path(tempfile.mkdtemp())
        cls.dir.chmod(0o755)
        cls.backends = [cls.backend(number) for number in (1, 2, 3)]
        listener = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
        cls.port = listener.server_port
        listener.server_close()
        cls.nginx = cls.start()
        cls.wait_until_it_listens()

    @classmethod
    def backend(cls, number):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
        server.number, server.asked, server.daemon_threads = number, [], True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    @classmethod
    def start(cls):
        text = CONFIG.read_text().replace("listen 8080", f"listen 127.0.0.1:{cls.port}").replace("/tmp/", f"{cls.dir}/")
        for backend in cls.backends:
            text = text.replace(f"backend-{backend.number}:5000", f"127.0.0.1:{backend.server_port}")
        text = text.replace("/dev/stdout", f"{cls.dir}/access.log").replace("/dev/stderr", f"{cls.dir}/error.log")
        config = cls.dir / "nginx.conf"
        config.write_text(text)
        command = [NGINX, "-p", str(cls.dir), "-c", str(config), "-e", str(cls.dir / "start.log")]
        subprocess.run([*command, "-t"], check=True, capture_output=True)
        return subprocess.Popen([*command, "-g", "daemon off;"])

    @classmethod
    def wait_until_it_listens(cls):
        for _ in range(200):
            try:
                return cls.get("/lb-health")
            except OSError:
                time.sleep(0.05)
        raise AssertionError((cls.dir / "start.log").read_text())

    @classmethod
    def tearDownClass(cls):
        cls.nginx.terminate()
        cls.nginx.wait()
        for backend in cls.backends:
            backend.shutdown()
            backend.server_close()
        shutil.rmtree(cls.dir)

    @classmethod
    def get(cls, path, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", cls.port, timeout=10)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()

    def test_it_says_that_it_is_healthy(self):
        status, _, body = self.get("/lb-health")
        self.assertEqual((status, body), (200, "Load balancer is healthy\n"))

    def test_requests_bear_the_forwarding_headers_and_answers_name_the_server(self):
        _, headers, body = self.get("/api/x", Host="shop.test", **{"X-Forwarded-For": "9.9.9.9"})
        seen = json.loads(body)
        self.assertEqual(seen["x-forwarded-for"], "127.0.0.1", "a client cannot claim another address")
        self.assertEqual((seen["x-forwarded-proto"], seen["x-forwarded-host"]), ("http", "shop.test"))
        self.assertEqual(seen["x-request-id"], headers["X-Request-Id"])
        self.assertIn(headers["X-Served-By"], {"backend-1", "backend-2", "backend-3"})

    def test_a_client_names_no_request_and_claims_no_other_way(self):
        _, headers, body = self.get("/api/x", **FORGED)
        seen = json.loads(body)
        self.assertEqual(seen["x-request-id"], headers["X-Request-Id"])
        self.assertNotEqual(headers["X-Request-Id"], "forged")
        self.assertEqual(forged_in(seen), {})

    def test_what_one_server_refuses_another_answers(self):
        for _ in range(6):
            status, headers, _ = self.get("/api/busy")
            self.assertEqual(status, 200)
            self.assertNotEqual(headers["X-Served-By"], "backend-1")

    def test_static_data_is_asked_for_once(self):
        states = [self.get("/api/static-data")[1]["X-Cache-Status"] for _ in range(3)]
        self.assertEqual(states[1:], ["HIT", "HIT"])
        self.assertEqual(sum(it.asked.count("/api/static-data") for it in self.backends), 1)

    def test_the_log_hides_values_of_secrets(self):
        rows = {
            "/log?x=1&lang=de": "/log?x=1&lang=de",
            "/log?keyboard=1&statement=2": "/log?keyboard=1&statement=2",
            "/log?token=SECRET": "/log?***",
            "/log?x=1&Code=SECRET&y=2": "/log?***",
            "/log?%74oken=SECRET": "/log?***",
            "/log?apiKey=SECRET": "/log?***",
            "/log?user[password]=SECRET": "/log?***",
            "/log?next=/b?state=SECRET": "/log?***",
        }
        for path in rows:
            self.get(path)
        log = self.dir / "access.log"
        for _ in range(200):
            paths = [json.loads(line)["path"] for line in log.read_text().splitlines()]
            paths = [path for path in paths if path.startswith("/log")]
            if len(paths) == len(rows):
                break
            time.sleep(0.05)
        self.assertEqual(sorted(paths), sorted(rows.values()))
        self.assertNotIn("SECRET", log.read_text())

    def test_the_page_hides_the_same(self):
        def logged(text):
            lines = [line.strip() for line in text.splitlines()]
            start = lines.index("map $request_uri $logged_uri {")
            return lines[start : lines.index("}", start)]

        page = CONFIG.with_name("frontend.conf").read_text()
        self.assertEqual(logged(page), logged(CONFIG.read_text()))
        self.assertNotIn('"$request"', page)

    def test_only_the_api_is_routed(self):
        status, headers, body = self.get("/metrics")
        self.assertEqual((status, headers["Content-Type"]), (404, "application/problem+json"))
        self.assertEqual(json.loads(body)["code"], "not_found")


if __name__ == "__main__":
    unittest.main()
