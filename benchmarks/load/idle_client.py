"""Many keep-alive clients in a process of their own. Reads one command a line, answers each with one line.

    open N      opens N connections, a few at a time    -> opened N
    each W      every connection sends one request, at most W under way; W = 0: all at once -> answered N in S
"""

import selectors
import socket
import ssl
import sys
import time

OPENING = 128
PATIENCE = 60


class Clients:
    def __init__(self, port, tls):
        self.port = port
        self.tls = None
        if tls:
            self.tls = ssl.create_default_context()
            self.tls.check_hostname = False
            self.tls.verify_mode = ssl.CERT_NONE
        self.sockets = []
        self.request = b"GET / HTTP/1.1\r\nHost: load\r\n\r\n"

    def open(self, count):
        """Opens connections without sending anything; returns how many are open."""
        selector, pending = selectors.EpollSelector(), 0
        until = time.monotonic() + PATIENCE
        while (len(self.sockets) < count) and time.monotonic() < until:
            while pending < OPENING and len(self.sockets) + pending < count:
                client = socket.socket()
                client.setblocking(False)
                client.connect_ex(("127.0.0.1", self.port))
                selector.register(client, selectors.EVENT_WRITE)
                pending += 1
            for key, _ in selector.select(1):
                selector.unregister(key.fileobj)
                pending -= 1
                if key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                    self.sockets.append(key.fileobj)
                else:
                    key.fileobj.close()
        selector.close()
        if self.tls:
            self.sockets = [self._secure(client) for client in self.sockets]
        return len(self.sockets)

    def _secure(self, client):
        client.settimeout(PATIENCE)
        client = self.tls.wrap_socket(client)
        client.setblocking(False)
        return client

    def each(self, window):
        """One request on every connection; returns how many got a complete 200."""
        selector, waiting, answered, buffers = selectors.EpollSelector(), iter(self.sockets), 0, {}
        window = window or len(self.sockets)
        until = time.monotonic() + PATIENCE
        exhausted = False
        while time.monotonic() < until:
            while not exhausted and len(buffers) < window:
                client = next(waiting, None)
                if client is None:
                    exhausted = True
                    break
                try:
                    client.send(self.request)
                except OSError:
                    continue
                buffers[client] = b""
                selector.register(client, selectors.EVENT_READ)
            if exhausted and not buffers:
                break
            for key, _ in selector.select(1):
                state = self._receive(key.fileobj, buffers)
                if state is not None:
                    selector.unregister(key.fileobj)
                    del buffers[key.fileobj]
                    answered += state
        selector.close()
        return answered

    def _receive(self, client, buffers):
        """None: more is to come; 1: a complete 200; 0: something else."""
        try:
            data = client.recv(65536)
        except ssl.SSLWantReadError:
            return None
        except OSError:
            return 0
        if not data:
            return 0
        buffers[client] += data
        head, found, body = buffers[client].partition(b"\r\n\r\n")
        if not found:
            return None
        length = None
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if length is None:
            return 0
        if len(body) < length:
            return None
        return 1 if head.startswith(b"HTTP/1.1 200") else 0


def main():
    clients = Clients(int(sys.argv[1]), "tls" in sys.argv[2:])
    for line in sys.stdin:
        command, argument = line.split()
        start = time.monotonic()
        if command == "open":
            print(f"opened {clients.open(int(argument))}", flush=True)
        elif command == "each":
            print(f"answered {clients.each(int(argument))} in {time.monotonic() - start:.3f}", flush=True)


if __name__ == "__main__":
    main()
