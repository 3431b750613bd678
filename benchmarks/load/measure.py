"""What a run of the load generator did, and what it cost the process under test: CPU and memory from /proc."""

import glob
import os
import re
import subprocess
import tempfile
import time

TICK = os.sysconf("SC_CLK_TCK")


def tree(pid):
    """A process and its descendants; a process that ended meanwhile is left out."""
    found, open_ = [], [pid]
    while open_:
        pid = open_.pop()
        if not os.path.exists(f"/proc/{pid}"):
            continue
        found.append(pid)
        for path in glob.glob(f"/proc/{pid}/task/*/children"):
            try:
                with open(path) as file:
                    open_.extend(int(child) for child in file.read().split())
            except OSError:
                pass
    return found


def cpu(pids):
    """Seconds on the CPU: exact, of the threads alive now; and user and system by clock ticks, with the threads that have ended."""
    exact = user = system = 0
    for pid in pids:
        for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
            try:
                with open(path) as file:
                    exact += int(file.read().split()[0])
            except (OSError, IndexError):
                pass
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rsplit(") ", 1)[1].split()
            user += int(fields[11])
            system += int(fields[12])
        except (OSError, IndexError):
            pass
    return exact / 1e9, user / TICK, system / TICK


def memory(pids):
    """RSS and PSS in KiB; PSS divides the pages that worker processes share."""
    rss = pss = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                for line in file:
                    if line.startswith("Rss:"):
                        rss += int(line.split()[1])
                    elif line.startswith("Pss:"):
                        pss += int(line.split()[1])
        except OSError:
            pass
    return rss, pss


def machine():
    """Seconds that all processors were busy, and that the hypervisor took."""
    with open("/proc/stat") as file:
        v = [int(x) for x in file.readline().split()[1:]]
    return (v[0] + v[1] + v[2] + v[5] + v[6]) / TICK, v[7] / TICK


def wrk(url, seconds, headers=(), connections=64):
    """Runs wrk with one thread; returns its figures, microseconds for the latencies."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s"]
    for header in headers:
        command += ["-H", header]
    before = os.times()
    done = subprocess.run(command + [url], capture_output=True, text=True, timeout=seconds + 30, check=False)
    after = os.times()
    text = done.stdout
    count = re.search(r"(\d+) requests in", text)
    if done.returncode != 0 or not count:
        raise RuntimeError(f"wrk {url}: {done.stderr.strip() or text.strip() or 'no answer'}")
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    socket_errors = re.search(r"Socket errors: (.*)", text)
    return {
        "requests": int(count.group(1)),
        "rps": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)),
        "p50_us": _micros(re.search(r"^\s+50%\s+(\S+)", text, re.M).group(1)),
        "p99_us": _micros(re.search(r"^\s+99%\s+(\S+)", text, re.M).group(1)),
        "non2xx": int(failed.group(1)) if failed else 0,
        "socket_errors": socket_errors.group(1) if socket_errors else "",
        "client_s": (after.children_user + after.children_system) - (before.children_user + before.children_system),
    }


def h2load(url, seconds, headers=()):
    """Runs h2load with one thread, 8 connections of 16 streams without negotiation; its figures as `wrk` gives them."""
    with tempfile.NamedTemporaryFile("r", suffix=".h2load") as log:
        command = ["h2load", "-t1", "-c8", "-m16", f"-D{seconds}", f"--log-file={log.name}"]
        for header in headers:
            command += ["-H", header]
        before = os.times()
        done = subprocess.run(command + [url], capture_output=True, text=True, timeout=seconds + 30, check=False)
        after = os.times()
        text = done.stdout
        count = re.search(r"requests: .* (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", text)
        if done.returncode != 0 or not count:
            raise RuntimeError(f"h2load {url}: {done.stderr.strip() or text.strip() or 'no answer'}")
        times = sorted(int(line.split("\t")[2]) for line in log)
    requests, right, *wrong = (int(number) for number in count.groups())
    return {
        "requests": requests,
        "rps": float(re.search(r"finished in [^,]+, ([\d.]+) req/s", text).group(1)),
        "p50_us": float(times[len(times) // 2]) if times else 0.0,
        "p99_us": float(times[len(times) * 99 // 100]) if times else 0.0,
        "non2xx": requests - right,
        "socket_errors": f"{sum(wrong)} failed" if sum(wrong) else "",
        "client_s": (after.children_user + after.children_system) - (before.children_user + before.children_system),
    }


def load(pid, url, seconds, headers=(), generator=wrk):
    """One measurement: the generator's figures and what they cost the process tree under `pid`."""
    pids = tree(pid)
    if not pids:
        raise RuntimeError(f"no process {pid}")
    machine0, cpu0, start = machine(), cpu(pids), time.monotonic()
    row = generator(url, seconds, headers)
    elapsed, cpu1, machine1 = time.monotonic() - start, cpu(pids), machine()
    count = row["requests"] or 1
    row["cpu_us"] = (cpu1[0] - cpu0[0]) * 1e6 / count
    row["user_us"] = (cpu1[1] - cpu0[1]) * 1e6 / count
    row["system_us"] = (cpu1[2] - cpu0[2]) * 1e6 / count
    row["ticks_us"] = row["user_us"] + row["system_us"]
    row["cores"] = (cpu1[0] - cpu0[0]) / elapsed
    row["busy_s"] = machine1[0] - machine0[0]
    row["steal_s"] = machine1[1] - machine0[1]
    row["rss_kib"], row["pss_kib"] = memory(tree(pid))
    return row


def _micros(text):
    for unit, factor in (("us", 1), ("ms", 1e3), ("s", 1e6), ("m", 60e6)):
        if text.endswith(unit):
            return float(text[: -len(unit)]) * factor
    raise ValueError(text)
