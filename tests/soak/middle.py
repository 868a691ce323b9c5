"""nginx and haproxy between the two sides, where they are installed."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.support.processes import ServerProcess, free_port, listens

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ("PROXIES", "proxy")

NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr error;
events {{ worker_connections 1024; }}
http {{
    access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b;
    fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    keepalive_requests 200;
    server {{
        listen 127.0.0.1:{plain};
        listen 127.0.0.1:{tls} ssl;
        ssl_certificate {certificate}; ssl_certificate_key {certificate};
        location / {{
            proxy_pass http://127.0.0.1:{server}; proxy_http_version 1.1;
            proxy_buffering off; proxy_next_upstream off; proxy_read_timeout 60s;
        }}
    }}
}}
"""
HAPROXY = """
global
    maxconn 1000
defaults
    mode http
    timeout connect 10s
    timeout client 60s
    timeout server 60s
    retries 0
frontend in
    bind 127.0.0.1:{plain}
    bind 127.0.0.1:{tls} ssl crt {certificate}
    default_backend server
backend server
    server one 127.0.0.1:{server}
"""
CONFIGURATIONS = {"nginx": NGINX, "haproxy": HAPROXY}
COMMANDS = {"nginx": ("-p", "{folder}", "-c"), "haproxy": ("-db", "-f")}
PROXIES = (*CONFIGURATIONS,)


@contextmanager
def proxy(name: str, folder: Path, certificate: Path, server: int) -> Iterator[dict[str, str]]:
    """Run a proxy before the server.

    Args:
        name: one of :data:`PROXIES`.
        folder: an empty one, for its files.
        certificate: with its key.
        server: the port that it passes requests on to.

    Yields:
        The URL of each route; empty where the proxy is not installed.
    """
    program = shutil.which(name, path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    program = shutil.which(name) or program
    if program is None:
        yield {}
        return
    folder.mkdir()
    plain, tls = free_port(), free_port()
    places = {"folder": folder, "certificate": certificate, "server": server}
    path = folder / "configuration"
    path.write_text(CONFIGURATIONS[name].format(plain=plain, tls=tls, **places))
    options = [option.format(folder=folder) for option in COMMANDS[name]]
    url = f"http://127.0.0.1:{plain}"
    with ServerProcess([program, *options, path], folder, url, lambda: listens(plain)):
        yield {name: url, f"{name}-tls": f"https://127.0.0.1:{tls}"}
