"""nginx/frontend.conf as start.sh sets it up: run for real in front of a server that says what it got."""

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from http.server import ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from forged import FORGED, forged_in  # noqa: E402
from test_nginx_fallback import NGINX, Backend  # noqa: E402

ROOT = Path(__file__).parents[2]


def free_port():
    listener = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    listener.server_close()
    return listener.server_port


class Frontend:
    """nginx with the page's configuration, as the image starts it with this environment."""

    def __init__(self, **environment):
        self.dir = Path(tempfile.mkdtemp())
        self.dir.chmod(0o755)
        self.upstream = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
        self.upstream.number, self.upstream.asked, self.upstream.daemon_threads = 1, [], True
        threading.Thread(target=self.upstream.serve_forever, daemon=True).start()
        self.port = free_port()
        self.started = self.start(environment)
        self.nginx = None
        if self.started.returncode == 0:
            self.nginx = subprocess.Popen([*self.command(), "-g", "daemon off;"])
            self.wait_until_it_listens()

    def start(self, environment):
        """Runs start.sh in this folder, with nothing in nginx's place."""
        bin_dir = self.dir / "bin"
        bin_dir.mkdir()
        (bin_dir / "nginx").symlink_to("/bin/true")
        script = (ROOT / "deploy/docker/frontend/start.sh").read_text()
        script = script.replace("/tmp/sites", f"{self.dir}/sites").replace("/etc/nginx/frontend.conf", f"{self.dir}/site")
        (self.dir / "site").write_text((ROOT / "nginx/frontend.conf").read_text())
        environment = {"PATH": f"{bin_dir}:{os.environ['PATH']}", "LOAD_BALANCER": "localhost:1", **environment}
        return subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True)

    def command(self):
        site = (self.dir / "sites/frontend.conf").read_text()
        before, after = site.split("upstream load_balancer {", 1)
        after = after.split("}", 1)[1]
        upstream = f"upstream load_balancer {{ server 127.0.0.1:{self.upstream.server_port}; keepalive 2; }}"
        site = (before + upstream + after).replace("listen 3000;", f"listen 127.0.0.1:{self.port};")
        site = site.replace("/dev/stdout", f"{self.dir}/access.log").replace("/dev/stderr", f"{self.dir}/error.log")
        main = f"pid {self.dir}/pid; error_log {self.dir}/error.log; events {{}} http {{"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
            main += f" {name}_temp_path {self.dir}/{name};"
        config = self.dir / "nginx.conf"
        config.write_text(f"{main}\n{site}\n}}\n")
        command = [NGINX, "-p", str(self.dir), "-c", str(config), "-e", str(self.dir / "start.log")]
        subprocess.run([*command, "-t"], check=True, capture_output=True)
        return command

    def wait_until_it_listens(self):
        for _ in range(200):
            try:
                return self.get("/healthz")
            except OSError:
                time.sleep(0.05)
        raise AssertionError((self.dir / "start.log").read_text())

    def get(self, path, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers=headers)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def seen(self, **headers):
        """What the balancer would get of a call."""
        return json.loads(self.get("/api/x", **headers))

    def stop(self):
        if self.nginx:
            self.nginx.terminate()
            self.nginx.wait()
        self.upstream.shutdown()
        self.upstream.server_close()
        shutil.rmtree(self.dir)


@unittest.skipUnless(NGINX, "nginx is not installed")
class NginxFrontend(unittest.TestCase):
    def frontend(self, **environment):
        frontend = Frontend(**environment)
        self.addCleanup(frontend.stop)
        return frontend

    def test_nothing_that_a_client_forges_reaches_the_balancer(self):
        seen = self.frontend().seen(**FORGED)
        self.assertEqual(forged_in(seen), {})
        self.assertEqual((seen["x-forwarded-for"], seen["x-forwarded-proto"]), ("127.0.0.1", "http"))
        self.assertNotIn("x-request-id", seen, "the balancer names requests")

    def test_a_trusted_proxy_tells_the_client_and_the_scheme_and_nothing_else(self):
        frontend = self.frontend(TRUSTED_PROXIES="127.0.0.1, 2001:db8::/32")
        seen = frontend.seen(**{**FORGED, "X-Forwarded-For": "6.6.6.6, 203.0.113.9"})
        self.assertEqual((seen["x-forwarded-for"], seen["x-forwarded-proto"]), ("203.0.113.9", "https"))
        self.assertEqual(forged_in({**seen, "x-forwarded-proto": ""}), {})
        self.assertEqual(frontend.seen(**{"X-Forwarded-Proto": "gopher"})["x-forwarded-proto"], "http")

    def test_people_come_by_https_where_tls_ends_in_front(self):
        self.assertEqual(self.frontend(PUBLIC_SCHEME="https").seen()["x-forwarded-proto"], "https")
        self.assertEqual(self.frontend(PUBLIC_SCHEME="gopher").started.returncode, 2)

    def test_what_is_no_address_is_refused_at_the_start(self):
        frontend = self.frontend(TRUSTED_PROXIES="10.0.0.1;evil")
        self.assertEqual(frontend.started.returncode, 2)
        self.assertIn("TRUSTED_PROXIES has 10.0.0.1;evil", frontend.started.stderr)


if __name__ == "__main__":
    unittest.main()
