#!/usr/bin/env python3
"""Reads Sinter's bytes with nothing but this file: docs/wire.md in another language.

    python3 vectors/read.py                  checks every vector beside this file, and the segments of every release
    python3 vectors/read.py --proof FILE     says what an event proof shows (text as `sinter prove` prints it, or bytes)
    python3 vectors/read.py --segments DIR   prints the events of what `sinter export` wrote, once each feed of it is checked

Standard library only; BLAKE3 and Ed25519 are written out below. Slow and plain on purpose: where it and the program
disagree, the page docs/wire.md decides. Exits 1 where something does not hold.
"""

import base64
import glob
import hashlib
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ZEROS = bytes(32)

class Malformed(Exception):
    """Bytes that are not what they are said to be."""

def hold(condition, reason):
    if not condition:
        raise Malformed(reason)

# --- BLAKE3, in the mode that derives keys: the tag is the context -------------------------------------------------------

MASK = 0xFFFFFFFF
IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
ORDER = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
LANES = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
CHUNK_START, CHUNK_END, PARENT, ROOT, CONTEXT, MATERIAL = 1, 2, 4, 8, 32, 64
BLOCK_BYTES, CHUNK_BYTES = 64, 1024

def rotated(word, by):
    return ((word >> by) | (word << (32 - by))) & MASK

def compress(chaining, block, counter, length, flags):
    words = [int.from_bytes(block[at : at + 4], "little") for at in range(0, BLOCK_BYTES, 4)]
    state = list(chaining) + list(IV[:4]) + [counter & MASK, counter >> 32, length, flags]
    for turn in range(7):
        for at, (a, b, c, d) in enumerate(LANES):
            for word, first, second in ((words[2 * at], 16, 12), (words[2 * at + 1], 8, 7)):
                state[a] = (state[a] + state[b] + word) & MASK
                state[d] = rotated(state[d] ^ state[a], first)
                state[c] = (state[c] + state[d]) & MASK
                state[b] = rotated(state[b] ^ state[c], second)
        words = [words[at] for at in ORDER]
    return [low ^ high for low, high in zip(state[:8], state[8:])]

def last_of_chunk(key, chunk, counter, flags):
    """What is left to compress of a chunk: its last block, which the root compresses with a flag of its own."""
    chaining, start = key, CHUNK_START
    blocks = [chunk[at : at + BLOCK_BYTES] for at in range(0, len(chunk), BLOCK_BYTES)] or [b""]
    for block in blocks[:-1]:
        chaining = compress(chaining, block, counter, BLOCK_BYTES, flags | start)
        start = 0
    return chaining, blocks[-1].ljust(BLOCK_BYTES, b"\0"), counter, len(blocks[-1]), flags | start | CHUNK_END

def last_of_tree(key, data, first, flags):
    if len(data) <= CHUNK_BYTES:
        return last_of_chunk(key, data, first, flags)
    chunks = -(-len(data) // CHUNK_BYTES)
    left = 1 << (chunks - 1).bit_length() - 1
    halves = ((data[: left * CHUNK_BYTES], first), (data[left * CHUNK_BYTES :], first + left))
    values = [compress(*last_of_tree(key, half, at, flags)) for half, at in halves]
    return key, b"".join(word.to_bytes(4, "little") for value in values for word in value), 0, BLOCK_BYTES, flags | PARENT

def blake3(key, data, flags):
    chaining, block, _, length, own = last_of_tree(key, data, 0, flags)
    return b"".join(word.to_bytes(4, "little") for word in compress(chaining, block, 0, length, own | ROOT))

KEYS = {}

def H(tag, *parts):
    if tag not in KEYS:
        derived = blake3(IV, tag.encode(), CONTEXT)
        KEYS[tag] = [int.from_bytes(derived[at : at + 4], "little") for at in range(0, 32, 4)]
    return blake3(KEYS[tag], b"".join(parts), MATERIAL)

# --- Ed25519: only whether a signature holds ---------------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P

def added(left, right):
    a, b = (left[1] - left[0]) * (right[1] - right[0]) % P, (left[1] + left[0]) * (right[1] + right[0]) % P
    c, d = 2 * left[3] * right[3] * D % P, 2 * left[2] * right[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P

def times(scalar, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = added(result, point)
        point = added(point, point)
        scalar >>= 1
    return result

def point_of(data):
    """A point from its 32 bytes, or nothing."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P != 0 or (x == 0 and sign == 1):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P

BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))

def is_signed(key, message, signature):
    public, random = point_of(key), point_of(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or public is None or random is None or scalar >= L:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = times(scalar, BASE), added(random, times(challenge, public))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0

# --- bytes ---------------------------------------------------------------------------------------------------------------------

class Reader:
    """Reads a value from bytes that nobody vouches for."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, length):
        hold(self.at + length <= len(self.data), f"{length} bytes expected where {len(self.data) - self.at} are left")
        self.at += length
        return self.data[self.at - length : self.at]

    def uint(self, length):
        value = int.from_bytes(self.take(length), "big")
        hold(value < 2**53, "a number beyond 2^53")
        return value

    def varint(self):
        value, shift = 0, 0
        while True:
            byte = self.uint(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                hold(byte > 0 or shift == 0, "a varint longer than it needs to be")
                hold(value < 2**53, "a number beyond 2^53")
                return value
            shift += 7
            hold(shift < 56, "a varint longer than eight bytes")

    def prefixed(self, most):
        length = self.varint()
        hold(length <= most, f"a length of {length} where at most {most} is allowed")
        return self.take(length)

    def hashes(self, most):
        count = self.uint(1)
        hold(count <= most, f"{count} hashes where at most {most} are allowed")
        return [self.take(32) for _ in range(count)]

    def end(self):
        hold(self.at == len(self.data), f"{len(self.data) - self.at} bytes too many")

def u(value, length):
    return value.to_bytes(length, "big")

def subject_of(network, path):
    return H("sinter 1 subject", network, path.encode())

def lane_of(author, subject, index, nonce):
    return H("sinter 1 lane", H("sinter 1 feed", author, subject), u(index, 4), nonce)

class Event:
    """One event where it stands: what its header says, and the bytes its id is made of. For an absent payload its hash is there."""

    def __init__(self, data, at=0, absent=False):
        reader = Reader(data[at:])
        hold(reader.uint(1) == 1, "an event of another version")
        self.kind, self.flags, self.codec = reader.uint(1), reader.uint(1), reader.uint(1)
        hold(1 <= self.kind <= 20 or 30 <= self.kind <= 50 or self.kind >= 60, f"an event of kind {self.kind}")
        hold(self.flags < 16, f"event flags {self.flags}")
        hold(self.codec < 4, f"payload codec {self.codec}")
        self.stamp = (reader.uint(6), reader.uint(2))
        self.payload_length = reader.uint(4)
        self.head_length = 16
        if self.flags != 0:
            self.head_length = 18 + reader.uint(2)
            hold(self.head_length > 18, "an extension of no bytes")
        self.head = data[at : at + self.head_length]
        hold(len(self.head) == self.head_length, "an event that ends within its head")
        self.size = self.head_length + (32 if absent else self.payload_length)
        rest = data[at + self.head_length : at + self.size]
        self.payload, self.absent_hash = (b"", rest) if absent else (rest, None)
        if self.kind == 4 and len(self.payload) == self.payload_length:
            lens_of(self.payload)

    def id(self, lane, previous, seq, payload_hash=None):
        return H("sinter 1 event", lane, previous, u(seq, 8), payload_hash or H("sinter 1 payload", self.payload), self.head)

def lens_of(payload):
    """(name, version, digest) of the merge type that the subject is read through."""
    reader = Reader(payload)
    hold(reader.uint(1) == 1, "a lens of another version")
    version, digest, name = reader.varint(), reader.take(32), payload[reader.at :]
    hold(1 <= len(name) <= 4096, f"a type's name of {len(name)} bytes")
    return name.decode("utf-8"), version, digest

def control_of(payload):
    """(kind, data) of what an application said on the bus of control."""
    hold(payload[:1] >= b"\x80", "a control event of a kind that is not the application's")
    return payload[0], payload[1:]

def events_of_block(data):
    """(seq of the first, id before it, events) of a block."""
    reader = Reader(data)
    hold(reader.uint(1) == 1, "a block of another version")
    flags, count, length, first, previous = reader.uint(1), reader.uint(2), reader.uint(4), reader.uint(8), reader.take(32)
    hold(flags < 2 and count > 0 and length == len(data) - 48, "a block whose flags are unknown, or its length not that of its events")
    absent = [reader.uint(2) for _ in range(reader.uint(2))] if flags == 1 else []
    hold(absent == sorted(set(absent)) and bool(absent) == (flags == 1), "a list of absent payloads that does not rise")
    hold(absent[-1:] < [count], "an absent payload beyond its block")
    events, at = [], reader.at
    for number in range(count):
        event = Event(data, at, number in absent)
        at += event.size
        hold(at <= len(data), "an event that ends outside its block")
        hold(not events or events[-1].stamp < event.stamp, "a stamp that does not rise")
        events.append(event)
    hold(at == len(data), "bytes behind the events of a block")
    return first, previous, events

# --- Merkle Mountain Range, seals ----------------------------------------------------------------------------------------------

def joined(left, right):
    return H("sinter 1 mmr parent", left, right)

def heights(size):
    """Of the peaks of a range, from the highest."""
    return [height for height in range(size.bit_length() - 1, -1, -1) if size >> height & 1]

def root_of(size, peaks):
    return H("sinter 1 mmr root", u(size, 8), *peaks)

def peaks_of(leaves):
    peaks = []
    for leaf in leaves:
        peaks.append((0, leaf))
        while len(peaks) > 1 and peaks[-1][0] == peaks[-2][0]:
            (height, right), (_, left) = peaks.pop(), peaks.pop()
            peaks.append((height + 1, joined(left, right)))
    return [peak for _, peak in peaks]

def root_by_inclusion(leaf, index, size, proof):
    hold(0 <= index < size, f"no leaf {index} of {size}")
    tops = heights(size)
    own = next(at for at, height in enumerate(tops) if index < sum(1 << each for each in tops[: at + 1]))
    hold(len(proof) == tops[own] + len(tops) - 1, "a proof of the wrong length")
    node, place = leaf, index - sum(1 << each for each in tops[:own])
    for height in range(tops[own]):
        node = joined(proof[height], node) if place >> height & 1 else joined(node, proof[height])
    peaks = proof[tops[own] :]
    return root_of(size, peaks[:own] + [node] + peaks[own:])

def roots_by_consistency(old, new, proof):
    """The root of the old range and of the new one, as the proof has them."""
    tops = heights(old)
    peaks = list(zip(tops, proof))
    fills, rest = [], proof[len(tops) :]
    at = old
    while at < new:
        height = min((at & -at).bit_length() - 1, (new - at).bit_length() - 1)
        fills.append(height)
        at += 1 << height
    hold(len(rest) == len(fills) and len(peaks) == len(tops), "a proof of the wrong length")
    before = root_of(old, [peak for _, peak in peaks])
    for height, node in zip(fills, rest):
        while peaks and peaks[-1][0] == height:
            node, height = joined(peaks.pop()[1], node), height + 1
        peaks.append((height, node))
    return before, root_of(new, [peak for _, peak in peaks])

def leaf_of(lane, size, root, head):
    return H("sinter 1 head", lane, u(size, 8), root, head)

def seal_root(leaf, index, count, path):
    """The root of the tree under a seal. A last odd node rises unchanged: its level has no sibling for it."""
    hold(0 <= index < count, "an index that is none of the seal's heads")
    node, rest = leaf, list(path)
    while count > 1:
        if index & 1 or index + 1 < count:
            hold(rest, "a path of the wrong length")
            sibling = rest.pop(0)
            node = H("sinter 1 seal parent", *((sibling, node) if index & 1 else (node, sibling)))
        index, count = index >> 1, count + 1 >> 1
    hold(not rest, "a path of the wrong length")
    return node

def seal_message(author, stamp, count, root, purpose=b"seal"):
    return b"sinter/1/" + purpose + b"\n" + author + u(stamp[0], 6) + u(stamp[1], 2) + u(count, 4) + root

# --- checkpoints, event proofs ---------------------------------------------------------------------------------------------------

class Checkpoint:
    """One lane's part of a seal, read; what it is worth, `check` says. A hybrid seal stands beside the checkpoint of its lane: Falcon-512
    is not checked here, but all that it signs is, and `message` is what is left to check."""

    def __init__(self, reader, beside=None):
        if beside is None:
            hold(reader.uint(1) == 1, "a checkpoint of another version")
            self.author, self.subject = reader.take(32), reader.take(32)
            self.index, self.nonce = reader.uint(4), reader.take(16)
            self.place = self.author + self.subject + u(self.index, 4) + self.nonce
            self.lane = lane_of(self.author, self.subject, self.index, self.nonce)
        else:
            self.__dict__.update(beside.__dict__)
        self.size, self.root, self.head = reader.uint(8), reader.take(32), reader.take(32)
        self.stamp = (reader.uint(6), reader.uint(2))
        self.leaves, self.at, self.siblings = reader.uint(4), reader.uint(4), reader.hashes(255)
        self.signature = reader.take(64 if beside is None else 666)

    def message(self, purpose=b"hybrid seal"):
        top = seal_root(leaf_of(self.lane, self.size, self.root, self.head), self.at, self.leaves, self.siblings)
        return seal_message(self.author, self.stamp, self.leaves, top, purpose)

    def covers(self, identity, seq, proof):
        hold(seq < self.size or identity == self.head, "the last event is not the head that was sealed")
        hold(root_by_inclusion(identity, seq - 1, self.size, proof) == self.root, "the event is not in the range that was sealed")

    def check(self, keys):
        hold((keys[:1], len(keys)) in ((b"\1", 33), (b"\2", 930)), "keys of another suite")
        hold(self.author == (keys[1:] if keys[0] == 1 else H("sinter 1 author", keys)), "keys of another author")
        hold(is_signed(keys[1:33], self.message(b"seal"), self.signature), "its author did not sign it")

def proven(data):
    """What an event proof shows; Malformed, with the link that does not hold, where it shows nothing."""
    reader = Reader(data)
    hold(reader.uint(1) == 1, "an event proof of another version")
    form = reader.uint(1)
    hold(form < 4, f"an event proof of form {form}")
    name, path = reader.prefixed(128).decode("utf-8"), reader.prefixed(519).decode("utf-8")
    suite = reader.uint(1)
    keys = reader.take(929) if suite == 2 else None
    seq, previous = reader.uint(8), reader.take(32)
    event = Event(reader.prefixed(2**24 + 2**17))
    payload_hash = reader.take(32) if form & 1 else None
    hold(form & 1 or len(event.payload) == event.payload_length, "an event that ends before its payload does")
    inclusion = reader.hashes(255)
    sealed = Checkpoint(reader)
    way, second = (reader.hashes(255), Checkpoint(reader, sealed)) if form & 2 else (None, None)
    reader.end()

    network = H("sinter 1 network", name.encode())
    hold(subject_of(network, path) == sealed.subject, "the checkpoint is of another subject")
    hold((previous == ZEROS) == (seq == 1), "only the first event follows none")
    hold(event.stamp <= sealed.stamp, "the event is younger than the seal")
    identity = event.id(sealed.lane, previous, seq, payload_hash)
    sealed.covers(identity, seq, inclusion)
    sealed.check(u(suite, 1) + (keys or sealed.author))
    hold(suite == 2 or not second, "a hybrid seal by an author that has no Falcon key")
    if second:
        second.covers(identity, seq, way)
    shown = None if form & 1 else event.payload.decode("utf-8", "replace")
    return {"network": name, "subject": path, "author": sealed.author.hex(), "epoch": sealed.index, "seq": seq, "id": identity.hex(),
            "stamp": list(event.stamp), "kind": event.kind, "payload": shown, "unchecked": second and second.message().hex()}

# --- segments --------------------------------------------------------------------------------------------------------------------

def exported(index, file):
    """(path, events, what is left to check with Falcon-512) of a subject from its index and what `file` gives for the names in it."""
    reader = Reader(index)
    hold(reader.take(16) == b"sinter subject\x01\x00", "no index of segments, or one of another version")
    name, path = reader.prefixed(128).decode("utf-8"), reader.prefixed(519).decode("utf-8")
    subject, found, unchecked = subject_of(H("sinter 1 network", name.encode()), path), [], []
    for _ in range(reader.uint(4)):
        flags, keys, sealed = reader.uint(1), reader.prefixed(930), Checkpoint(reader)
        sealed.check(keys)
        hold(flags < keys[0] and sealed.subject == subject, "flags that the author's suite does not have, or a checkpoint of another subject")
        second = Checkpoint(reader, sealed) if flags else None
        segments = [(reader.take(32), reader.uint(8), reader.hashes(106)) for _ in range(reader.uint(4))]
        found += events_of_lane(sealed, second, segments, file)
        unchecked += [second.message().hex()] if second else []
    reader.end()
    return path, found, unchecked

def events_of_lane(sealed, second, segments, file):
    ids, told, stamp = [], [], (-1, 0)
    for digest, last, proof in segments:
        data = file(digest.hex() + ".segment")
        hold(H("sinter 1 segment", data) == digest, "a segment that is not what it is called")
        hold(data[:100] == b"sinter segment\x01\x00" + sealed.place, "a segment of another lane or version")
        head = Reader(data[100:124])
        hold((head.uint(8), head.uint(8)) == (len(ids) + 1, last), "a segment of other events")
        count, length, at = head.uint(4), head.uint(4), 124
        for _ in range(count):
            size = 48 + int.from_bytes(data[at + 4 : at + 8], "big")
            first, previous, events = events_of_block(data[at : at + size])
            hold(first == len(ids) + 1 and previous == (ids or [ZEROS])[-1], "a block that does not follow")
            for event in events:
                hold(stamp < event.stamp <= sealed.stamp, "a stamp that does not rise, or is above the seal's")
                previous, stamp = event.id(sealed.lane, previous, len(ids) + 1, event.absent_hash), event.stamp
                ids.append(previous)
                told.append({"author": sealed.author.hex(), "epoch": sealed.index, "seq": len(ids), "id": previous.hex(),
                             "stamp": list(stamp), "kind": event.kind,
                             "payload": None if event.absent_hash else event.payload.decode("utf-8", "replace")})
            at += size
        hold(at == len(data) == 124 + length and len(ids) == last, "a segment that is longer or shorter than it says")
        root = root_of(last, peaks_of(ids))
        roots = (root, root) if last == sealed.size and not proof else roots_by_consistency(last, sealed.size, proof)
        hold(roots == (root, sealed.root), "events that are not those that were signed")
    hold(len(ids) < sealed.size or ids[-1] == sealed.head, "the last event is not the checkpoint's head")
    if second and second.size <= len(ids):
        hold(root_of(second.size, peaks_of(ids[: second.size])) == second.root, "a hybrid seal over other events")
        hold(ids[second.size - 1] == second.head, "a hybrid seal that ends with another event")
    return told

# --- the vectors ------------------------------------------------------------------------------------------------------------------

def content(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()

def spoilt(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]

hexed = bytes.fromhex

def check_blake3(found):
    for tag, hashes in found["hashes"].items():
        for length, expected in zip(found["lengths"], hashes):
            # The long ones take a second each: once, for one tag, is enough.
            if length <= 5000 or tag == "sinter 1 network":
                yield H(tag, bytes(at % 251 for at in range(length))).hex() == expected, f"{tag}, {length} bytes"

def check_names(found):
    for each in found["networks"]:
        yield H("sinter 1 network", each["name"].encode()).hex() == each["network"], each["name"]
    network = hexed(found["networks"][0]["network"])
    for each in found["subjects"]:
        yield subject_of(network, each["path"]).hex() == each["subject"], each["path"]
        yield H("sinter 1 space", network, "/".join(each["path"].split("/")[:2]).encode()).hex() == each["space"], each["path"]
    for each in found["hybrids"]:
        yield H("sinter 1 author", b"\x02", hexed(each["ed25519"]), hexed(each["falcon"])).hex() == each["author"], each["author"]
    subjects = {each["path"]: hexed(each["subject"]) for each in found["subjects"]}
    for each in found["lanes"]:
        author, subject = hexed(each["author"]), subjects[each["path"]]
        yield H("sinter 1 feed", author, subject).hex() == each["feed"], each["feed"]
        yield lane_of(author, subject, each["epoch"]["index"], hexed(each["epoch"]["nonce"])).hex() == each["lane"], each["lane"]

def check_events(found):
    lane, ids = hexed(found["lane"]), {0: ZEROS}
    for each in found["events"]:
        event = Event(hexed(each["bytes"]))
        ids[each["seq"]] = hexed(each["id"])
        what = f"event {each['seq']}"
        yield event.head_length == each["headLength"] and event.size == len(hexed(each["bytes"])), what
        yield (event.kind, event.codec, list(event.stamp)) == tuple(each["parts"][name] for name in ("kind", "codec", "stamp")), what
        yield H("sinter 1 payload", event.payload).hex() == each["payloadHash"], what
        yield event.id(lane, hexed(each["previous"]), each["seq"]).hex() == each["id"], what
    lens, control = found["lens"], found["control"]
    yield lens_of(hexed(lens["payload"])) == (lens["name"], lens["version"], hexed(lens["digest"])), "the lens"
    yield control_of(hexed(control["payload"])) == (control["kind"], hexed(control["data"])), "the control event"
    for wrong in (b"\x02" + hexed(lens["payload"])[1:], hexed(lens["payload"])[:35]):
        yield does_hold(lens_of, wrong) is None, "a lens of another version, or without a name"
    for each in found["blocks"] + found["withoutPayloads"]:
        first, previous, events = events_of_block(hexed(each["bytes"]))
        yield [seq for seq, event in enumerate(events, first) if event.absent_hash] == each.get("absent", []), f"block from {first}"
        yield (first, len(events)) == (each["firstSeq"], each["count"]) and previous == ids[first - 1], f"block from {first}"
        for seq, event in enumerate(events, first):
            previous = event.id(lane, previous, seq, event.absent_hash)
            yield previous == ids[seq], f"event {seq} in its block"

def check_mmr(found):
    roots = {each["size"]: hexed(each["root"]) for each in found["roots"]}
    largest = max(size for size in roots if size <= 300)
    leaves = [H("sinter 1 event", u(index, 8)) for index in range(largest)]
    for size in roots:
        if size <= largest:
            yield root_of(size, peaks_of(leaves[:size])) == roots[size], f"{size} leaves"
    for each in found["inclusion"]:
        reader = Reader(hexed(each["proof"]))
        proof = reader.hashes(255)
        reader.end()
        root = root_by_inclusion(hexed(each["leaf"]), each["leafIndex"], each["size"], proof)
        yield root == roots[each["size"]], f"leaf {each['leafIndex']} of {each['size']}"
    for each in found["consistency"]:
        before, after = roots_by_consistency(each["oldSize"], each["newSize"], Reader(hexed(each["proof"])).hashes(255))
        yield before == roots[each["oldSize"]] and after == roots[each["newSize"]], f"{each['oldSize']} in {each['newSize']}"

def check_seal(found):
    author = hexed(found["author"])
    for each in found["seals"]:
        root, count = hexed(each["root"]), len(each["heads"])
        for head in each["heads"]:
            leaf = leaf_of(hexed(head["lane"]), head["size"], hexed(head["mmrRoot"]), hexed(head["headId"]))
            yield leaf.hex() == head["leaf"], f"leaf {head['index']} of {count}"
            path = [hexed(sibling) for sibling in head["path"]]
            yield seal_root(leaf, head["index"], count, path) == root, f"path {head['index']} of {count}"
        message, signature = seal_message(author, each["stamp"], count, root), hexed(each["signature"])
        yield message.hex() == each["message"], f"message over {count}"
        yield is_signed(author, message, signature), f"signature over {count}"
        yield not is_signed(author, message + b"\0", signature), f"a signature over {count} that is over something else"

def check_trie(found):
    for each in found["rows"]:
        row = H("sinter 1 row", hexed(each["lane"]), u(each["size"], 8), hexed(each["headId"]), u(each["freezeAt"], 8))
        yield row.hex() == each["row"], "a row"
    for each in found["tries"]:
        rows = sorted((hexed(row["key"]).hex(), hexed(row["row"])) for row in each["rows"])
        yield trie_root(rows).hex() == each["root"], f"a trie of {len(rows)} rows"
    for each in found["tables"]:
        items = [(hexed(item["key"]), hexed(item["item"])) for item in each["items"]]
        rows = sorted((H("sinter 1 table key", key).hex(), H("sinter 1 table row", bytes([len(key)]), key, item)) for key, item in items)
        yield trie_root(rows).hex() == each["root"], f"a table of {len(rows)} keys"

def trie_root(rows):
    """Of (key in hexadecimal digits, row hash), in order."""
    if not rows:
        return ZEROS
    if len(rows) == 1:
        return H("sinter 1 trie leaf", hexed(rows[0][0]), rows[0][1])
    depth = len(os.path.commonprefix([rows[0][0], rows[-1][0]]))
    digits = sorted({key[depth] for key, _ in rows})
    children = [trie_root([row for row in rows if row[0][depth] == digit]) for digit in digits]
    bitmap = sum(1 << int(digit, 16) for digit in digits)
    return H("sinter 1 trie branch", u(depth, 1), u(bitmap, 2), *children)

def check_proof(found):
    for each in found["proofs"]:
        data, shows = bytes_of_text(each["text"].encode()), each["shows"]
        says = proven(data)
        what = f"the proof of event {shows['seq']}"
        yield all(says[name] == shows[name] for name in ("network", "subject", "author", "seq", "id", "stamp", "kind")), what
        yield says["epoch"] == shows["epoch"]["index"] and says["unchecked"] == each.get("message"), what
        yield says["payload"] == (hexed(shows["payload"]).decode("utf-8", "replace") if "payload" in shows else None), what
        # A Falcon-512 signature is not checked here, and so none of its bytes: with any other changed it would be over something else.
        for at in range(0, len(data) - (666 if "hybrid" in each else 0), 41):
            holds = does_hold(proven, spoilt(data, at))
            yield not holds or holds["unchecked"] != says["unchecked"], f"{what}, a bit of byte {at} flipped"

def check_segment(found):
    files = {each["name"]: hexed(each["bytes"]) for each in found["files"]}
    index, second = hexed(found["index"]), hexed(found["hybrid"]["sealed"])
    _, told, unchecked = exported(index, files.__getitem__)
    ids = [(each["author"], each["epoch"], seq, id) for each in found["shows"] for seq, id in enumerate(each["ids"], 1)]
    yield [(each["author"], each["epoch"], each["seq"], each["id"]) for each in told] == ids, "the events of the segments"
    yield unchecked == [found["hybrid"]["message"]], "what Falcon-512 signed"
    for name, data in files.items():
        for at in range(0, len(data), 97):
            yield not does_hold(exported, index, {**files, name: spoilt(data, at)}.__getitem__), f"byte {at} of {name} changed"
    signature = index.index(second) + len(second) - 666
    for at in set(range(0, len(index), 61)) - set(range(signature, signature + 666)):
        holds = does_hold(exported, spoilt(index, at), lambda name: files.get(name, b""))
        yield not holds or holds[2] != unchecked, f"byte {at} of the index changed"

def check_golden():
    """Segments of every release, beside what the program of that release said was in them."""
    for release in sorted(glob.glob(os.path.join(HERE, "..", "packages", "sinter", "fixtures", "golden", "*"))):
        expected = json.loads(content(release, "expected.json"))["contents"]["events"]
        for folder in glob.glob(os.path.join(release, "segments", "*")):
            path, told, _ = exported_in(folder)
            ids = {each["id"]: (each["author"], each["epoch"], each["seq"], each["stamp"], each["kind"]) for each in expected[path]}
            yield {each["id"]: tuple(each[name] for name in ("author", "epoch", "seq", "stamp", "kind")) for each in told} == ids, folder

def exported_in(folder):
    return exported(content(folder, "subject.index"), lambda name: content(folder, name))

def bytes_of_text(data):
    """A proof as text that is safe in mail; other bytes are the proof itself."""
    marker = b"sinter-proof:"
    if marker not in data:
        return data
    text = data.split(marker, 1)[1].split()[0].decode("ascii")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

def does_hold(read, *given):
    try:
        return read(*given)
    except (Malformed, UnicodeDecodeError):
        return None

CHECKS = {"blake3": check_blake3, "names": check_names, "events": check_events, "mmr": check_mmr, "seal": check_seal,
          "trie": check_trie, "proof": check_proof, "segment": check_segment}

def check_all():
    passed, failed = 0, 0
    found = [(name, check, (json.loads(content(HERE, name + ".json")),)) for name, check in CHECKS.items()]
    for name, check, given in [*found, ("golden", check_golden, ())]:
        for holds, what in check(*given):
            passed, failed = passed + bool(holds), failed + (not holds)
            if not holds:
                print(f"{name}: {what} does not hold", file=sys.stderr)
    print(f"{passed} passed, {failed} failed")
    return failed == 0 and passed > 0

def say(read, file):
    try:
        for each in read(file):
            print(json.dumps(each, ensure_ascii=False))
        return True
    except (Malformed, UnicodeDecodeError, OSError) as reason:
        print(f"{file} does not hold: {reason}", file=sys.stderr)
        return False

SAYS = {"--proof": lambda file: [proven(bytes_of_text(content(file)))], "--segments": lambda folder: exported_in(folder)[1]}

if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments and (arguments[0] not in SAYS or len(arguments) != 2):
        sys.exit(__doc__)
    sys.exit(0 if (say(SAYS[arguments[0]], arguments[1]) if arguments else check_all()) else 1)
