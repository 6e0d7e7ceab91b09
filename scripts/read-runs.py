#!/usr/bin/env python3
"""Reads what `sinter sim` leaves in a folder, with nothing of ours: the tables, and what the summary says of them.

    python3 scripts/read-runs.py RUN...      checks each summary.txt against the tables beside it, prints all runs as one table

Every figure of a summary that follows from the tables is reckoned again here and has to be the same. Those of windows and of
throughput do not follow from tables: they are only looked at for their shape. Standard library only. Exits 1 where something is not
as it is said.
"""

import csv
import math
import os
import re
import sys

TABLES = {
    "roots.csv": ["t_sec"],
    "sync_rounds.csv": ["node", "latency_seconds", "reason"],
    "chunk_rtts.csv": ["node", "seq", "rtt_seconds", "retransmits"],
    "chunks.csv": ["node", "seq", "sent_ts", "ack_ts", "rtt_seconds", "retransmits", "entries", "bytes", "last"],
    "bytes_by_msg.csv": ["type_hex", "sent_bytes", "sent_count", "recv_bytes", "recv_count"],
}
REASONS = {"root_equal", "no_diff", "caught_up", "peer_end", "other_scope"}
# docs/wire.md, the messages of sync.
CHUNK, ACK, ENOUGH = "0x0B", "0x0C", "0x0F"
# Times are told to the microsecond, in tables and in summaries alike: each may be half of one off.
CLOSE = 2e-6

FIGURE = r"(\d+(?:\.\d+)?|n/a)"
LINES = [
    ("nodes", r"Nodes: (\d+)"),
    ("duration", r"Duration: (\S+)"),
    ("sync_interval", r"Sync interval: (\S+)"),
    ("write_interval", r"Write interval: (\S+)"),
    ("hb", r"HB: (\S+)"),
    ("suspect", r"Suspect: (\S+)"),
    ("delta_max", r"Delta max: (\d+)"),
    ("loss dup reorder delay jitter", r"Chaos: loss=(\S+) dup=(\S+) reorder=(\S+) delay=(\S+) jitter=(\S+)"),
    ("delta_window retrans_timeout", r"Delta window: (\d+)  Retrans timeout: (\S+)"),
    ("mean_latency stdev_latency samples", rf"SyncLatency\(s\): mean={FIGURE} stdev={FIGURE} samples=(\d+)(?: left_out=\d+)?"),
    ("convergence_s", rf"Convergence\(s\): {FIGURE}"),
    (
        "chunks_sent chunks_recv chunks_again acks_sent acks_recv bytes_tx bytes_rx",
        r"Chunks\(sent/recv/retrans\): (\d+)/(\d+)/(\d+)  ACKs\(sent/recv\): (\d+)/(\d+)  Bytes\(tx/rx\): (\d+)/(\d+)",
    ),
    ("rtts", r"ChunkRTT\(s\): (.+)"),
    ("ends", r"SessionEnds:(.*)"),
    ("window", rf"Window\(inflight\): (n/a|avg={FIGURE} max=\d+ node_avg\[min\.\.p50\.\.max\]=\S+ \(nodes=\d+\))"),
    ("throughput", r"Throughput\(MiB/s\): (tx\S*=\S+ .*sessions=\d+)"),
]
# Behind all that the prior art knows; runs of before have no such line.
LATER = ("topology seed reconciler", r"Topology: (\S+)  Seed: (\d+)  Reconciler: (\S+)")
KNOBS = "nodes duration sync_interval write_interval hb suspect delta_max loss dup reorder delay jitter delta_window retrans_timeout".split()


class Wrong(Exception):
    """A folder that does not hold together."""


def hold(condition, reason):
    if not condition:
        raise Wrong(reason)


def mean(values):
    return math.fsum(values) / len(values) if values else None


def deviation(values):
    """Of a sample: divided by one less than there are."""
    if len(values) < 2:
        return None
    middle = mean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1))


def percentile(values, part):
    """On the straight line between the two values around the place."""
    if not values:
        return None
    ordered = sorted(values)
    place = part * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] * (1 - (place - low)) + ordered[high] * (place - low)


def same(what, said, found):
    """A figure as the summary says it, and as it is reckoned here."""
    if said == "n/a" or found is None:
        hold(said == "n/a" and found is None, f"{what}: the summary says {said}, the tables {found}")
        return
    hold(abs(float(said) - found) <= CLOSE, f"{what}: the summary says {said}, the tables {found}")


def read_table(folder, name):
    with open(os.path.join(folder, name), newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, strict=True))
    hold(rows, f"{name} is empty")
    head, body = rows[0], rows[1:]
    hold(head[: len(TABLES[name])] == TABLES[name], f"{name} begins with {head}")
    for number, row in enumerate(body, 2):
        hold(len(row) == len(head), f"line {number} of {name} has {len(row)} cells, not {len(head)}")
    return [dict(zip(head, row)) for row in body]


def read_summary(folder):
    with open(os.path.join(folder, "summary.txt"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    # A run that was ended before its time says so in a line of its own.
    called_off = bool(lines) and re.fullmatch(r"Called off: after \S+ of \S+", lines[-1]) is not None
    if called_off:
        lines.pop()
    shapes = LINES + [LATER] if len(lines) > len(LINES) else LINES
    hold(len(lines) == len(shapes), f"summary.txt has {len(lines)} lines, not {len(shapes)}")
    said = {"called_off": " called off" if called_off else "", **dict.fromkeys(LATER[0].split(), "")}
    for line, (names, pattern) in zip(lines, shapes):
        match = re.fullmatch(pattern, line)
        hold(match is not None, f"summary.txt: no line of the shape {pattern}: {line}")
        said.update(zip(names.split(), match.groups()))
    return said


def check_rounds(said, rounds):
    latencies = [float(row["latency_seconds"]) for row in rounds]
    hold(all(latency >= 0 for latency in latencies), "a round of less than no time")
    same("mean of rounds", said["mean_latency"], mean(latencies))
    same("stdev of rounds", said["stdev_latency"], deviation(latencies))
    hold(int(said["samples"]) == len(latencies), f"{said['samples']} rounds are said, {len(latencies)} are in the table")
    ends = {}
    for row in rounds:
        hold(row["reason"] in REASONS, f"a round ends with {row['reason']}")
        ends[row["reason"]] = ends.get(row["reason"], 0) + 1
    told = " (none)" if not ends else "".join(f" {reason}={count}" for reason, count in sorted(ends.items()))
    hold(said["ends"] == told, f"SessionEnds:{said['ends']} is said, SessionEnds:{told} is in the table")
    return latencies


def check_chunks(said, chunks, rtts):
    answered = [row for row in chunks if row["ack_ts"] != ""]
    columns = ("node", "seq", "rtt_seconds", "retransmits")
    hold(
        [[row[name] for name in columns] for row in answered] == [[row[name] for name in columns] for row in rtts],
        "chunk_rtts.csv is not what chunks.csv has of acknowledged chunks",
    )
    taken = [float(row["rtt_seconds"]) for row in rtts]
    for row in answered:
        same("an rtt", row["rtt_seconds"], float(row["ack_ts"]) - float(row["sent_ts"]))
    if not taken:
        hold(said["rtts"] == "n/a", f"ChunkRTT(s): {said['rtts']} is said of none")
        return
    shape = rf"mean={FIGURE} p50={FIGURE} p95={FIGURE} p99={FIGURE} samples=(\d+)"
    match = re.fullmatch(shape, said["rtts"])
    hold(match is not None, f"ChunkRTT(s): {said['rtts']} has another shape")
    figures = [mean(taken), percentile(taken, 0.5), percentile(taken, 0.95), percentile(taken, 0.99)]
    for name, figure, found in zip(("mean", "p50", "p95", "p99"), match.groups(), figures):
        same(f"{name} of chunk rtts", figure, found)
    hold(int(match.group(5)) == len(taken), f"{match.group(5)} rtts are said, {len(taken)} are in the table")


def check_messages(said, messages, chunks):
    numbers = {row["type_hex"]: {name: int(row[name]) for name in TABLES["bytes_by_msg.csv"][1:]} for row in messages}
    hold(len(numbers) == len(messages), "bytes_by_msg.csv has a kind twice")

    def count(kind, way):
        return numbers.get(kind, {}).get(f"{way}_count", 0)

    found = {
        "chunks_sent": count(CHUNK, "sent"),
        "chunks_recv": count(CHUNK, "recv"),
        "chunks_again": count(CHUNK, "sent") - len(chunks),
        "acks_sent": count(ACK, "sent") + count(ENOUGH, "sent"),
        "acks_recv": count(ACK, "recv") + count(ENOUGH, "recv"),
        "bytes_tx": sum(row["sent_bytes"] for row in numbers.values()),
        "bytes_rx": sum(row["recv_bytes"] for row in numbers.values()),
    }
    for name, value in found.items():
        hold(int(said[name]) == value, f"{name}: the summary says {said[name]}, the tables {value}")
    again = sum(int(row["retransmits"]) for row in chunks)
    hold(again <= found["chunks_again"], f"{again} retransmissions in chunks.csv are more than the {found['chunks_again']} there were")


def check_roots(said, roots):
    times = [float(row["t_sec"]) for row in roots]
    hold(times == sorted(times), "roots.csv goes back in time")
    hold(all(len(row) == int(said["nodes"]) + 1 for row in roots), "roots.csv has not a column for each peer")
    for row in roots:
        hold(all(re.fullmatch(r"[0-9a-f]{8}|", root) for name, root in row.items() if name != "t_sec"), f"a root at {row['t_sec']} is none")
    # The last sample of a run that was called off may be older than what is said of its end.
    if said["convergence_s"] != "n/a" and roots and not said["called_off"]:
        last = {root for name, root in roots[-1].items() if name != "t_sec"}
        hold(len(last) == 1, f"it is said that all converged, and at the end there are {len(last)} roots")


def read_run(folder):
    said = read_summary(folder)
    tables = {name: read_table(folder, name) for name in TABLES}
    latencies = check_rounds(said, tables["sync_rounds.csv"])
    check_chunks(said, tables["chunks.csv"], tables["chunk_rtts.csv"])
    check_messages(said, tables["bytes_by_msg.csv"], tables["chunks.csv"])
    check_roots(said, tables["roots.csv"])
    shares = {f"p{part}": percentile(latencies, part / 100) for part in (50, 95, 99)}
    figures = ["mean_latency", "stdev_latency", "samples", "convergence_s"]
    row = {"run_dir": folder, **{name: said[name] for name in KNOBS}}
    row.update({name: "" if said[name] == "n/a" else said[name] for name in figures})
    row.update({name: "" if value is None else f"{value:.6f}" for name, value in shares.items()})
    row["samples_csv"] = str(len(latencies))
    row["label"] = f"nodes={said['nodes']} loss={said['loss']} reorder={said['reorder']}{said['called_off']}"
    row.update({name: said[name] for name in LATER[0].split()})
    return row


def main(folders):
    if not folders:
        print("usage: python3 scripts/read-runs.py RUN...", file=sys.stderr)
        return 2
    rows, wrong = [], 0
    for folder in folders:
        try:
            rows.append(read_run(folder))
        except (Wrong, OSError, ValueError, csv.Error) as error:
            wrong += 1
            print(f"{folder}: {error}", file=sys.stderr)
    if rows:
        writer = csv.DictWriter(sys.stdout, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
