"""Starts the origin and the proxies on free ports of the loopback interface, and stops exactly what it started."""

import ctypes
import glob
import os
import random
import shlex
import signal
import socket
import subprocess
import time

import measure

HERE = os.path.dirname(os.path.abspath(__file__))
PR_SET_PDEATHSIG = 1


class Setup:
    """One run's folder, ports and processes. Used as a context: leaving it ends every process."""

    def __init__(self, folder, workers, connections, host):
        self.folder, self.workers, self.host = folder, workers, host
        self.nofile = connections["nofile"]
        self.processes = {}
        self.values = {
            "DIR": folder,
            "WORKERS": workers,
            "NOFILE": self.nofile,
            "CONNECTIONS": connections["nginx"],
            "MAXCONN": connections["haproxy"],
            "BODY": "x" * 1024,
            "MODULES": _nginx_modules(),
            "ORIGIN": free_port(),
            "ORIGINH2": free_port(),
        }
        for name in ("run", "logs", "www", "conf"):
            os.makedirs(os.path.join(folder, name), exist_ok=True)
        with open(os.path.join(folder, "www", "64k"), "wb") as file:
            file.write(bytes(65536))
        self._certificate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self, peer):
        """Starts a peer's processes; returns what a case needs of it: pid and port by protocol."""
        values = dict(self.values)
        if peer == "direct":
            pid = self._origin()
            return {"http": (pid, values["ORIGIN"]), "tcp": (pid, values["ORIGIN"])}
        self._origin()
        for name in ("HTTP", "H2", "H2H2", "TLS", "TCP", "ADMIN"):
            values[name] = free_port()
        if peer == "nginx":
            http = self._run("nginx", ["nginx", "-p", self.folder, "-c", self._conf("nginx.conf", values)], values["HTTP"])
            tcp = self._run("nginx-tcp", ["nginx", "-p", self.folder, "-c", self._conf("nginx-tcp.conf", values)], values["TCP"])
            return {
                "http": (http, values["HTTP"]), "h2": (http, values["H2"]), "tcp": (tcp, values["TCP"]),
                "https": (http, values["TLS"]), "h2s": (http, values["TLS"]),
            }
        if peer == "nghttpx":
            # It has one set of backends for all its frontends: three processes.
            origin, origin_h2 = f"{values['ORIGIN']};;proto=http/1.1", f"{values['ORIGINH2']};;proto=h2"
            return {
                "h2": self._nghttpx("nghttpx", values, values["H2"], ";no-tls", origin),
                "h2s": self._nghttpx("nghttpx-tls", values, values["TLS"], "", origin),
                "h2h2": self._nghttpx("nghttpx-h2", values, values["H2H2"], ";no-tls", origin_h2),
            }
        if peer == "haproxy":
            pid = self._run("haproxy", ["haproxy", "-db", "-f", self._conf("haproxy.cfg", values)], values["HTTP"])
        elif peer == "ours":
            pid = self._run("ours", self.host_command(values), values["HTTP"])
        else:
            raise ValueError(peer)
        wait_for(values["TCP"], self.processes[peer], 10)
        # Ours tells the two protocols apart by what the client sends first.
        return {
            "http": (pid, values["HTTP"]), "h2": (pid, values["HTTP" if peer == "ours" else "H2"]), "tcp": (pid, values["TCP"]),
            "https": (pid, values["TLS"]), "h2s": (pid, values["TLS"]), "h2h2": (pid, values["H2H2"]),
        }

    def _nghttpx(self, name, values, port, kind, backend):
        conf = self._conf("nghttpx.conf", {**values, "FRONTEND": f"{port}{kind}", "BACKEND": backend}, name + ".conf")
        return self._run(name, ["nghttpx", "--conf=" + conf], port), port

    def _certificate(self):
        """A P-256 certificate, as all peers present it; HAProxy wants it and its key in one file."""
        folder = os.path.join(self.folder, "conf")
        key, certificate = os.path.join(folder, "server.key"), os.path.join(folder, "server.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate],
            check=True, capture_output=True)
        with open(os.path.join(folder, "both.pem"), "w") as both:
            for path in (certificate, key):
                with open(path) as file:
                    both.write(file.read())
        os.chmod(key, 0o644)

    def host_command(self, values):
        """The command line of our proxy with its configuration written for these ports."""
        return shlex.split(self.host) + ["-c", self._conf("envoy.yaml", values), "--concurrency", str(self.workers)]

    def spawn(self, command, log):
        """Starts a process that ends with this one, whatever happens."""
        with open(os.path.join(self.folder, "logs", log + ".log"), "ab") as file:
            return subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True, preexec_fn=die_with_parent)

    def stop(self):
        """Ends every process: politely, then not."""
        for process in self.processes.values():
            end(process)
        self.processes.clear()

    def _origin(self):
        if "origin" not in self.processes:
            self._run("origin", ["nginx", "-p", self.folder, "-c", self._conf("origin.conf", self.values)], self.values["ORIGIN"])
        return self.processes["origin"].pid

    def _run(self, name, command, port):
        process = self.processes[name] = self.spawn(command, name)
        try:
            wait_for(port, process, 15)
        except RuntimeError as error:
            raise RuntimeError(f"{name}: {error}\n{self.tail(name)}") from None
        return process.pid

    def _conf(self, name, values, called=None):
        with open(os.path.join(HERE, "conf", name)) as file:
            text = file.read()
        for key, value in values.items():
            text = text.replace(f"@{key}@", str(value))
        path = os.path.join(self.folder, "conf", called or name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def tail(self, name):
        """The last lines of a process's output and error log."""
        lines = []
        for path in sorted(glob.glob(os.path.join(self.folder, "logs", name + ".*"))):
            with open(path, errors="replace") as file:
                lines += file.read().splitlines()[-10:]
        return "\n".join("  " + line for line in lines)


def end(process):
    """Stops a process this script started, and what it started in turn."""
    pids = measure.tree(process.pid) if process.poll() is None else []
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    # Workers follow their master; what did not is in its session still, so that a reused number is not hit.
    for pid in pids:
        try:
            if os.getsid(pid) == process.pid:
                os.kill(pid, signal.SIGKILL)
        except OSError:
            pass


def free_port():
    """A free port below the range that the system takes client ports from: no connection of the load can sit on it."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        lowest = int(file.read().split()[0])
    top = lowest if lowest > 12000 else 65536
    for _ in range(200):
        port = random.randrange(10000, top)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _taken:
            _taken.add(port)
            return port
    raise RuntimeError("no free port")


_taken = set()


def wait_for(port, process, seconds):
    """Until somebody listens on the port, or the process has ended, or the time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"ended with code {process.returncode} before it listened")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"did not listen within {seconds} s")


def _nginx_modules():
    for folder in ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/share/nginx/modules"):
        if os.path.exists(os.path.join(folder, "ngx_stream_module.so")):
            return folder
    return "/usr/lib/nginx/modules"


def answers(port):
    """One request, answered with 200."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: load\r\nConnection: close\r\n\r\n")
            return client.recv(65536).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def die_with_parent():
    """In a child: ends with the process that started it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
