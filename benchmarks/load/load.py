"""The comparison itself; `run` installs what is missing and calls this. See README.md beside it."""

import argparse
import csv
import os
import resource
import signal
import statistics
import subprocess
import sys
import time

import measure
import peers

PROXIES = ("nginx", "haproxy", "nghttpx", "ours")
CLOSE = ("Connection: close",)
# name: (title, protocol, path, request headers)
LOADS = {
    "h1": ("HTTP/1.1 keep-alive, 64 connections, 1 KiB", "http", "/", ()),
    "h1-64k": ("HTTP/1.1 keep-alive, 64 connections, 64 KiB", "http", "/64k", ()),
    "close": ("a new connection per request, 64 at a time, 1 KiB", "http", "/", CLOSE),
    "h2": ("HTTP/2 to HTTP/1.1, 8 connections of 16 streams, 1 KiB", "h2", "/", ()),
    "h2-h2": ("HTTP/2 to HTTP/2, 8 connections of 16 streams, 1 KiB", "h2h2", "/", ()),
    "tls": ("TLS, HTTP/1.1 keep-alive, 64 connections, 1 KiB", "https", "/", ()),
    "tls-h2": ("TLS, HTTP/2 to HTTP/1.1, 8 connections of 16 streams, 1 KiB", "h2s", "/", ()),
    "handshake": ("TLS, a full handshake per request, 64 at a time, 1 KiB", "https", "/", CLOSE),
    "tcp": ("TCP proxy, 64 connections, 1 KiB", "tcp", "/", ()),
}
SPECIAL = ("idle", "idle-tls", "start")
COLUMNS = (
    "round", "case", "peer", "requests", "rps", "p50_us", "p99_us", "cpu_us", "ticks_us", "user_us", "system_us", "cores",
    "rss_kib", "pss_kib", "non2xx", "socket_errors", "client_s", "busy_s", "steal_s",
)
IDLE_CONNECTIONS = 8000
IDLE_TLS_CONNECTIONS = 4000
START_RUNS = 11


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    writer = None
    if options.csv:
        file = open(options.csv, "w", newline="", buffering=1)
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
    if options.pid:
        return running(options, writer)
    limits(options, hard)
    failed = False
    loads = [case for case in options.case if case in LOADS]
    if loads:
        failed |= not compare(options, loads, writer)
    if "idle" in options.case:
        failed |= not idle(options)
    if "idle-tls" in options.case:
        failed |= not idle(options, tls=True)
    if "start" in options.case:
        failed |= not start(options)
    return 1 if failed else 0


def arguments():
    parser = argparse.ArgumentParser(
        prog="benchmarks/load/run", description="Load through this proxy, nginx and HAProxy on the loopback interface; README.md explains the figures.")
    parser.add_argument("--case", action="append", choices=[*LOADS, *SPECIAL], help="default: all; may be repeated")
    parser.add_argument("--peer", action="append", choices=["direct", *PROXIES], help="default: all; may be repeated")
    parser.add_argument("--rounds", type=int, default=7, help="measurements of each case and peer, alternating (default 7)")
    parser.add_argument("--seconds", type=int, default=4, help="length of one measurement (default 4)")
    parser.add_argument("--warm", type=int, default=3, help="load before a case's first measurement of a peer, in seconds (default 3)")
    parser.add_argument("--workers", type=int, default=2, help="workers of each proxy (default 2)")
    parser.add_argument("--quick", action="store_true", help="2 rounds of 1 s, 1 s warm-up, 3 starts: to see that everything runs, not to quote")
    parser.add_argument("--host", help="command of an EnvoyHost already published; default: published afresh from this tree")
    parser.add_argument("--empty", help="the empty program already published, for `start`")
    parser.add_argument("--connections", type=int, default=IDLE_CONNECTIONS, help="connections of the idle case (default 8000)")
    parser.add_argument("--pid", type=int, help="measure this running process (and its descendants) instead of starting anything")
    parser.add_argument("--url", help="with --pid: the URL to load")
    parser.add_argument("--csv", help="write every single measurement to this file")
    parser.add_argument("--folder", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if bool(options.pid) != bool(options.url):
        parser.error("--pid and --url belong together")
    options.case = options.case or [*LOADS, *SPECIAL]
    options.peer = options.peer or ["direct", *PROXIES]
    options.starts = START_RUNS
    if options.quick:
        options.rounds, options.seconds, options.warm, options.starts = 2, 1, 1, 3
    return options


def limits(options, hard):
    """How many connections fit: a proxy needs two descriptors for each client of the idle case."""
    options.connections = min(options.connections, (hard - 1000) // 2)
    options.limits = {"nofile": hard, "nginx": 8192, "haproxy": min(8000, (hard - 200) // 2)}
    n = options.connections
    options.idle_limits = {"nofile": hard, "nginx": 2 * n + 1000, "haproxy": n + 200}


def setup(options, limit, name):
    return peers.Setup(os.path.join(options.folder, name), options.workers, limit, options.host or "")


# ---- load cases ------------------------------------------------------------------------------------------------------------------


def compare(options, cases, writer):
    """Rounds of all peers, alternating, so that a noisy minute falls on everybody."""
    rows = {}
    with setup(options, options.limits, "load") as running_:
        ports = start_all(running_, options)
        running_peers = list(ports)
        for case in cases:
            for peer in speaking(ports, case):
                _, url = target(ports[peer], case)
                if options.warm:
                    generator(case)(url, options.warm, LOADS[case][3])
            progress(f"warm-up, {case}")
        for number in range(options.rounds):
            for case in cases:
                # Turned by one each round: nobody always follows the same neighbour.
                able = speaking(ports, case)
                turn = number % len(able)
                for peer in able[turn:] + able[:turn]:
                    pid, url = target(ports[peer], case)
                    row = measure.load(pid, url, options.seconds, LOADS[case][3], generator(case))
                    row.update(round=number + 1, case=case, peer=peer)
                    rows.setdefault((case, peer), []).append(row)
                    if writer:
                        writer.writerow(row)
                progress(f"round {number + 1} of {options.rounds}, {case}")
    for case in cases:
        report(LOADS[case][0], {peer: rows[case, peer] for peer in speaking(ports, case)}, options)
    return len(running_peers) == len(options.peer)


def start_all(running_, options):
    """Where the peers listen; one that does not start is named and left out."""
    ports = {}
    for peer in options.peer:
        try:
            ports[peer] = running_.start(peer)
        except (OSError, RuntimeError) as error:
            print(f"{peer} does not start: {error}", file=sys.stderr)
    if not ports:
        raise RuntimeError("nothing to measure")
    return ports


def speaking(ports, case):
    """The peers that a case is for: the origin speaks no HTTP/2, nghttpx is here for nothing else."""
    return [peer for peer in ports if LOADS[case][1] in ports[peer]]


def generator(case):
    return measure.h2load if LOADS[case][1].startswith("h2") else measure.wrk


def target(ports, case):
    _, protocol, path, _ = LOADS[case]
    pid, port = ports[protocol]
    return pid, f"http{'s' if protocol in ('https', 'h2s') else ''}://127.0.0.1:{port}{path}"


def running(options, writer):
    """An already running process, under the first HTTP case chosen."""
    case = next((case for case in options.case if case in LOADS), "h1")
    title, _, _, headers = LOADS[case]
    if options.warm:
        generator(case)(options.url, options.warm, headers)
    rows = []
    for number in range(options.rounds):
        row = measure.load(options.pid, options.url, options.seconds, headers, generator(case))
        row.update(round=number + 1, case=case, peer=f"pid {options.pid}")
        rows.append(row)
        if writer:
            writer.writerow(row)
        progress(f"round {number + 1} of {options.rounds}")
    report(f"{title.rsplit(',', 1)[0]}, {options.url}", {f"pid {options.pid}": rows}, options)
    return 0


def report(title, rows, options):
    """Medians over the rounds; the ratios are to the best of the other proxies, 1.00 being that best one."""
    def middle(peer, key):
        return statistics.median(row[key] for row in rows[peer])

    rivals = [peer for peer in rows if peer in PROXIES and peer != "ours"]
    best = {
        "rps": max((middle(peer, "rps") for peer in rivals), default=0),
        **{key: min((middle(peer, key) for peer in rivals), default=0) for key in ("p50_us", "p99_us", "cpu_us")},
    }

    def ratio(peer, key):
        return f"{middle(peer, key) / best[key]:.2f}" if best[key] and peer != "direct" else "-"

    print(f"\n{title}; median of {options.rounds} × {options.seconds} s")
    lines = [["", "req/s", "ratio", "p50 µs", "ratio", "p99 µs", "ratio", "CPU µs/req", "ratio", "min–max", "ticks", "cores", "RSS MiB", "errors"]]
    for peer in rows:
        cpu = sorted(row["cpu_us"] for row in rows[peer])
        errors = sum(row["non2xx"] for row in rows[peer])
        sockets = [row["socket_errors"] for row in rows[peer] if row["socket_errors"]]
        lines.append([
            {"direct": "direct (origin)"}.get(peer, peer),
            f"{middle(peer, 'rps'):.0f}", ratio(peer, "rps"), f"{middle(peer, 'p50_us'):.0f}", ratio(peer, "p50_us"),
            f"{middle(peer, 'p99_us'):.0f}", ratio(peer, "p99_us"), f"{middle(peer, 'cpu_us'):.2f}", ratio(peer, "cpu_us"),
            f"{cpu[0]:.2f}–{cpu[-1]:.2f}", f"{middle(peer, 'ticks_us'):.2f}", f"{middle(peer, 'cores'):.2f}",
            f"{middle(peer, 'rss_kib') / 1024:.1f}", "; ".join([f"{errors} not 2xx"] * (errors > 0) + sockets[:1]) or "0",
        ])
    table(lines)
    steal = sum(row["steal_s"] for peer in rows for row in rows[peer])
    if steal:
        print(f"  The hypervisor took {steal:.2f} s of processor time meanwhile.")


# ---- idle ------------------------------------------------------------------------------------------------------------------------


def idle(options, tls=False):
    """Memory of idle connections, then all of them ask at once."""
    n = min(options.connections, IDLE_TLS_CONNECTIONS) if tls else options.connections
    print(f"\n{n} idle {'TLS ' if tls else ''}connections; RSS of the proxy's processes, KiB per connection")
    lines = [["", "before MiB", "open, silent", "after a request each", "after all at once", "answered", "in s"]]
    good = True
    for peer in [peer for peer in options.peer if peer in PROXIES and peer != "nghttpx"]:
        try:
            with setup(options, options.idle_limits, ("idle-tls-" if tls else "idle-") + peer) as running_:
                line, complete = idle_of(running_, peer, n, tls)
            lines.append([peer, *line])
            good &= complete
        except (OSError, RuntimeError) as error:
            print(f"{peer} does not start: {error}", file=sys.stderr)
            good = False
    table(lines)
    return good


def idle_of(running_, peer, n, tls):
    pid, port = running_.start(peer)["https" if tls else "http"]
    # What the first requests cost once (code, pools, upstream connections) is not a connection's memory.
    measure.wrk(f"http{'s' if tls else ''}://127.0.0.1:{port}/", 2)
    time.sleep(1)
    before = measure.memory(measure.tree(pid))[0]
    client = subprocess.Popen(
        [sys.executable, os.path.join(peers.HERE, "idle_client.py"), str(port), *(["tls"] if tls else [])],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=peers.die_with_parent)
    try:
        def ask(command):
            client.stdin.write(command + "\n")
            client.stdin.flush()
            answer = client.stdout.readline().split()
            time.sleep(2)
            return answer, (measure.memory(measure.tree(pid))[0] - before) / n

        opened, silent = ask(f"open {n}")
        first, kept = ask("each 64")
        burst, after = ask("each 0")
        complete = int(opened[1]) == n and int(first[1]) == n and int(burst[1]) == n
        return [f"{before / 1024:.1f}", f"{silent:.2f}", f"{kept:.2f}", f"{after:.2f}", f"{burst[1]} of {n}", burst[3]], complete
    finally:
        client.stdin.close()
        peers.end(client)


# ---- start -----------------------------------------------------------------------------------------------------------------------


def start(options):
    """Start of the process to the first answered request, beside the start and end of an empty program."""
    if "ours" not in options.peer:
        return True
    empty, ours = [], []
    with setup(options, options.limits, "start") as running_:
        running_.start("direct")
        for number in range(options.starts + 1):
            began = time.monotonic()
            process = running_.spawn([options.empty], "empty")
            process.wait(30)
            nothing = time.monotonic() - began
            try:
                answered = first_answer(running_)
            except (OSError, RuntimeError) as error:
                print(f"ours does not start: {error}\n{running_.tail('ours')}", file=sys.stderr)
                return False
            # The first of each reads the files from the disk.
            if number:
                empty.append(nothing)
                ours.append(answered)
    print(f"\nStart to first answered request; median of {options.starts}")
    base, full = statistics.median(empty), statistics.median(ours)
    table([
        ["", "ms", "ratio", "min–max"],
        ["empty program", f"{base * 1e3:.1f}", "1.00", f"{min(empty) * 1e3:.1f}–{max(empty) * 1e3:.1f}"],
        ["ours", f"{full * 1e3:.1f}", f"{full / base:.2f}", f"{min(ours) * 1e3:.1f}–{max(ours) * 1e3:.1f}"],
    ])
    return True


def first_answer(running_):
    port = peers.free_port()
    command = running_.host_command({**running_.values, "HTTP": port, "TCP": peers.free_port(), "ADMIN": peers.free_port()})
    began = time.monotonic()
    process = running_.spawn(command, "ours")
    try:
        while time.monotonic() - began < 20:
            if process.poll() is not None:
                raise RuntimeError(f"ended with code {process.returncode}")
            if peers.answers(port):
                return time.monotonic() - began
            # Often enough to be exact, seldom enough to leave the processors to what starts.
            time.sleep(0.001)
        raise RuntimeError("no answer within 20 s")
    finally:
        peers.end(process)


def table(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        cells = [cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(line, widths))]
        print("  " + "  ".join(cells).rstrip())
    sys.stdout.flush()


def progress(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except RuntimeError as problem:
        sys.exit(str(problem))
