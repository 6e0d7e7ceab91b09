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
import hmac
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

# --- messages of sync --------------------------------------------------------------------------------------------------------------

def up_to(reader, most, what):
    value = reader.varint()
    hold(value <= most, f"{value} {what} where at most {most} are allowed")
    return value

def some_up_to(reader, most, what):
    count = up_to(reader, most, what)
    hold(count > 0, f"no {what}")
    return count

def listed(reader, most, what, read):
    """Each is read with the one before at hand, and only while there is something left to read."""
    found = []
    for _ in range(up_to(reader, most, what)):
        found.append(read(found[-1] if found else None))
    return found

def rising(reader, most, what, first):
    return listed(reader, most, what, lambda before: (first if before is None else before + 1) + reader.varint())

def lane_place(reader):
    return {"author": reader.take(32), "subject": reader.take(32), "epoch": {"index": up_to(reader, 2**32 - 1, "as an index"), "nonce": reader.take(16)}}

def row_after(reader, before):
    flags = reader.uint(1)
    hold(flags < 32 and (before or not flags & 7), "flags of a row that are not assigned, or a first row like the one before it")
    author = before["author"] if flags & 1 else reader.take(32)
    subject = before["subject"] if flags & 2 else reader.take(32)
    index = up_to(reader, 2**32 - 1, "as an index")
    nonce = before["epoch"]["nonce"] if flags & 4 else reader.take(16)
    size = reader.varint()
    head = reader.take(32) if size else ZEROS
    frozen, hybrid = (reader.varint() if flags & bit else 0 for bit in (8, 16))
    hold((frozen > 0) == bool(flags & 8) and (hybrid > 0) == bool(flags & 16), "a number that is there and 0")
    if before:
        same = (author == before["author"]) | (subject == before["subject"]) << 1 | (nonce == before["epoch"]["nonce"]) << 2
        hold(same == flags & 7, "a row that repeats what the one before says")
    return {"author": author, "subject": subject, "epoch": {"index": index, "nonce": nonce},
            "size": size, "headId": head, "freezeAt": frozen, "hybridSize": hybrid}

def rows_of(reader):
    return listed(reader, 4096, "rows", lambda before: row_after(reader, before))

def key_behind(reader, length, before):
    shared = reader.uint(1)
    hold(shared <= min(length, len(before)), "more in common than there is")
    key = before[:shared] + reader.take(length - shared)
    hold(shared == len(os.path.commonprefix([key, before])), "a key that has more in common than it says")
    return key

def cut_behind(reader, before):
    digits = reader.uint(1)
    hold(digits <= 192, "more digits than a key has")
    key = key_behind(reader, (digits + 1) // 2, before)
    hold(digits % 2 == 0 or key[-1] & 15 == 0, "a digit behind the last one")
    return digits, key

def place_behind(reader, before):
    digits, prefix = cut_behind(reader, before["prefix"] if before else b"")
    return {"digits": digits, "prefix": prefix}

def below_of(reader):
    last = [b""]
    def child(_):
        digits, last[0] = cut_behind(reader, last[0])
        return {"digits": digits, "key": last[0], "hash": reader.take(16)}
    return listed(reader, 512, "places", lambda _: listed(reader, 16, "children", child))

def symbols_of(reader):
    first, rows, count = up_to(reader, 16384, "before the first"), up_to(reader, 2**32, "rows"), up_to(reader, 16384, "symbols")
    symbols = []
    while len(symbols) < count:
        group = [{name: reader.uint(4) for name in ("lane", "row", "check")} for _ in range(min(32, count - len(symbols)))]
        width = reader.uint(1)
        hold(width <= 34, f"counts of {width} bits")
        length = (width * len(group) + 7) // 8
        bits = int.from_bytes(reader.take(length), "big")
        spare = 8 * length - width * len(group)
        hold(bits & (1 << spare) - 1 == 0, "bits behind the last count")
        off = [bits >> spare + width * at & (1 << width) - 1 for at in range(len(group) - 1, -1, -1)]
        hold(max(off).bit_length() == width, "counts of more bits than they need")
        for each, value in zip(group, off):
            index = first + len(symbols)
            about = 8 * rows * (index + 1) // (2 * index + 3) ** 2 if index else rows
            symbols.append({**each, "count": about + (-(value + 1) // 2 if value & 1 else value // 2)})
    return {"from": first, "rows": rows, "symbols": symbols}

def ask_of(reader):
    kind = reader.uint(1)
    hold(kind < 8, "an ask that is not assigned")
    if kind == 0:
        return None
    if kind == 1:
        return {"kind": "rows", "after": reader.prefixed(96)}
    if kind == 2:
        return {"kind": "buckets", "count": some_up_to(reader, 65536, "buckets")}
    if kind == 3:
        count = some_up_to(reader, 65536, "buckets")
        buckets = rising(reader, 65536, "buckets", 0)
        hold(not buckets or buckets[-1] < count, "a bucket behind the last")
        return {"kind": "bucket rows", "count": count, "buckets": buckets, "after": reader.prefixed(96)}
    if kind == 4:
        return {"kind": "symbols", "from": up_to(reader, 16384, "before the first"), "count": some_up_to(reader, 16384, "symbols")}
    if kind == 5:
        return {"kind": "items", "items": listed(reader, 65536, "items", lambda _: {"lane": reader.uint(4), "row": reader.uint(4)})}
    if kind == 6:
        return {"kind": "branches", "places": listed(reader, 512, "places", lambda before: place_behind(reader, before))}
    return {"kind": "leaves", "keys": listed(reader, 4096, "keys", lambda before: key_behind(reader, 96, before or b""))}

def tell_of(reader):
    kind = reader.uint(1)
    hold(kind < 6, "a tell that is not assigned")
    if kind == 0:
        return None
    if kind == 1:
        return {"kind": "rows", "rows": rows_of(reader), "next": reader.prefixed(96) or None}
    if kind == 2:
        return {"kind": "buckets", "digests": reader.take(8 * some_up_to(reader, 65536, "buckets"))}
    if kind == 3:
        return {"kind": "symbols", **symbols_of(reader)}
    return {"kind": "branches", "below": below_of(reader)} if kind == 4 else {"kind": "cannot"}

def word_of(reader, words):
    at = reader.uint(1)
    hold(at < len(words), f"a word {at}, which is not assigned")
    return words[at]

def digest_of(reader):
    return {"root": reader.take(16), "sum": reader.take(8), "rows": reader.varint()}

def hello_of(reader):
    says = {name: reader.varint() for name in ("from", "to", "number")}
    hold(1 <= says["from"] <= says["to"], "versions that end before they begin")
    says.update(nonce=reader.take(16), salt=reader.take(16), wallMs=reader.uint(6))
    flags = reader.uint(1)
    hold(flags < 4, "flags of a hello that are not assigned")
    interest = {"kind": "some", "hidden": listed(reader, 4096, "interests", lambda _: reader.take(16))} if flags & 1 else {"kind": "all"}
    return {**says, "interest": interest, "syncs": "yes" if flags & 2 else "no"}

def opened_of(reader):
    session, answer = reader.varint(), word_of(reader, ("digest", "same", "other scope"))
    return {"session": session, "digest": digest_of(reader) if answer == "digest" else answer, "tell": tell_of(reader)}

def difference_of(reader):
    says = {name: reader.varint() for name in ("session", "part", "parts")}
    hold(says["part"] < says["parts"] <= 65536, "a part that is none")
    return {**says, "rows": rows_of(reader)}

def want_of(reader):
    says = {"stream": reader.varint(), "place": lane_place(reader), "from": reader.varint()}
    hold(says["from"] > 0, "event 0 is wanted")
    return {**says, "previous": reader.take(32) if says["from"] > 1 else ZEROS}

def chunk_of(reader):
    stream, seq, flags = reader.varint(), reader.varint(), reader.uint(1)
    hold(flags < 4, "flags of a chunk that are not assigned")
    told, data = reader.take(16) if flags & 2 else None, reader.prefixed(524288)
    real = H("sinter 1 chunk", varint(stream), varint(seq), u(flags & 1, 1), data)[:16]
    hold(told in (None, real), "a chunk that is not as it was sent")
    return {"stream": stream, "seq": seq, "position": "last" if flags & 1 else "within", "hash": told, "bytes": data}

def fork_of(reader):
    suite = reader.uint(1)
    hold(suite in (1, 2), f"an author of suite {suite}")
    keys = {"suite": 2, "ed25519": reader.take(32), "falcon": reader.take(897)} if suite == 2 else None
    return {"keys": keys, "proof": reader.prefixed(8192)}

def varint(value):
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)

def numbers(*names):
    return lambda reader: {name: reader.varint() for name in names}

NACKS = ("out of window", "damaged")
GONE = ("unknown", "nothing newer", "evicted", "another history", "not in scope", "busy")
MESSAGES = {
    1: ("hello", hello_of),
    2: ("open", lambda reader: {"session": reader.varint(), "scope": reader.take(8), "digest": digest_of(reader), "ask": ask_of(reader)}),
    3: ("opened", opened_of),
    4: ("ask", lambda reader: {"session": reader.varint(), "round": reader.varint(), "ask": there(ask_of(reader))}),
    5: ("tell", lambda reader: {"session": reader.varint(), "round": reader.varint(), "tell": there(tell_of(reader))}),
    6: ("difference", difference_of),
    7: ("settled", numbers("session", "missing")),
    8: ("held", lambda reader: {"number": reader.varint(), "rows": rows_of(reader)}),
    9: ("heard", numbers("number")),
    10: ("want", want_of),
    11: ("chunk", chunk_of),
    12: ("ack", numbers("stream", "seq", "window")),
    13: ("nack", lambda reader: {"stream": reader.varint(), "seq": reader.varint(), "reason": word_of(reader, NACKS)}),
    14: ("gone", lambda reader: {"stream": reader.varint(), "reason": word_of(reader, GONE)}),
    15: ("enough", numbers("stream")),
    16: ("push", lambda reader: {"range": reader.prefixed(524288)}),
    17: ("want fork", lambda reader: {"place": lane_place(reader)}),
    18: ("fork", fork_of),
    19: ("want seal", lambda reader: {"place": lane_place(reader)}),
    20: ("seal", lambda reader: {"checkpoint": reader.prefixed(2048)}),
    21: ("want payloads", lambda reader: {"place": lane_place(reader), "seqs": rising(reader, 1024, "events", 1)}),
    22: ("payload", lambda reader: {"place": lane_place(reader), "seq": reader.varint(), "bytes": reader.prefixed(524288)}),
    23: ("ping", numbers("number")),
    24: ("pong", numbers("number")),
}

def there(said):
    hold(said is not None, "nothing where something is asked or told")
    return said

def message_of(data):
    """What a message of sync says, or that these bytes are none."""
    reader = Reader(data)
    kind, read = MESSAGES.get(reader.uint(1), (None, None))
    hold(kind, "a message of a type that is not assigned")
    says = {"kind": kind, **read(reader)}
    reader.end()
    return says

def range_of(data):
    """(path, checkpoint, consistency, blocks) of a range as it travels."""
    reader = Reader(data)
    path = reader.prefixed(519).decode("utf-8")
    suite = reader.uint(1)
    hold(suite in (1, 2), f"an author of suite {suite}")
    if suite == 2:
        reader.take(32 + 897)
    checkpoint, proof, blocks = Checkpoint(reader), reader.hashes(106), []
    while reader.at < len(data):
        head = reader.take(48)
        blocks.append(head + reader.take(int.from_bytes(head[4:8], "big")))
    return path, checkpoint, proof, blocks

# --- links: all but the ciphers ------------------------------------------------------------------------------------------------------

FRAMES = {1: ("hello", 1, 256), 2: ("open", 4, 4), 3: ("control", 0, 2**20), 4: ("bulk", 0, 2**20), 5: ("credit", 4, 4), 6: ("close", 1, 201)}

def link_frame_of(data):
    """(kind, bytes) of a frame of a link."""
    reader = Reader(data)
    kind, least, most = FRAMES.get(reader.uint(1), (None, 0, 0))
    length = reader.uint(4)
    hold(kind and least <= length <= most, "a frame of no kind, or of a length that it cannot have")
    payload = reader.take(length)
    reader.end()
    return kind, payload

def frame_says(data):
    kind, payload = link_frame_of(data)
    if kind == "hello":
        reader = Reader(payload)
        proof, least, most, instance, moment = reader.take(32), reader.uint(1), reader.uint(1), reader.take(8), reader.uint(4)
        return {"kind": kind, "proof": proof.hex(), "least": least, "most": most, "instance": instance.hex(), "moment": moment}
    if kind in ("open", "credit"):
        return {"kind": kind, "value": int.from_bytes(payload, "big")}
    if kind == "close":
        return {"kind": kind, "code": payload[0], "reason": payload[1:].decode("utf-8")}
    return {"kind": kind, "payload": payload.hex()}

def proof_of(secret, network, channel, peers, speaker, said):
    """Of membership, over all of a hello that is behind it."""
    who = u({"dialling": 1, "listening": 2}[speaker], 1)
    keys = hexed(peers["dialling"]) + hexed(peers["listening"])
    return hmac.new(secret, b"sinter/1/link proof\n" + who + channel + network + keys + said, "sha256").digest()

def datagram_says(data):
    hold(len(data) <= 1200, "a datagram longer than any")
    reader = Reader(data)
    kind, link = reader.uint(1), reader.take(8)
    rest = len(data) - 9
    if kind == 1:
        hold(len(data) == 1200, "an ask that is not as long as any")
        says = {"kind": "ask", "cookie": reader.take(16).hex(), "message": reader.take(48).hex()}
        return link, says
    says = {2: lambda: {"kind": "cookie", "cookie": reader.take(16).hex()}, 3: lambda: {"kind": "answer", "message": reader.take(rest).hex()},
            4: lambda: {"kind": "finish", "message": reader.take(rest).hex()}, 5: lambda: {"kind": "refused", "code": reader.uint(1)},
            6: lambda: {"kind": "sealed", "number": reader.uint(8)}}.get(kind)
    hold(says, "a datagram of no kind")
    said = says()
    if kind == 6:
        hold(0 < said["number"], "number 0")
        reader.take(rest - 8)
    reader.end()
    return link, said

def invite_of(text):
    hold(text.startswith("sinter1."), "no invite of this version")
    digits = text[len("sinter1."):]
    data = base64.urlsafe_b64decode(digits + "=" * (-len(digits) % 4))
    hold(hashlib.sha256(b"sinter/1/invite\n" + data[:-4]).digest()[:4] == data[-4:], "an invite that is not whole")
    reader = Reader(data[:-4])
    addresses = [reader.prefixed(512).decode("utf-8") for _ in range(reader.uint(1))]
    network, secret, peer = reader.prefixed(255).decode("utf-8"), reader.prefixed(4096).decode("utf-8"), reader.take(32).hex()
    reader.end()
    return {"addresses": addresses, "network": network, "secret": secret, "peer": peer}

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

def check_sync(found):
    plain = lambda says: ({name: plain(each) for name, each in says.items() if each is not None} if isinstance(says, dict) else
                          [plain(each) for each in says] if isinstance(says, list) else says.hex() if isinstance(says, bytes) else says)
    for each in found["messages"]:
        data, says = hexed(each["bytes"]), each["says"]
        yield plain(does_hold(message_of, data)) == says, f"a {says['kind']}"
        yield all(does_hold(message_of, data[:end]) is None for end in range(len(data))), f"a {says['kind']} cut off"
    for each in found["refused"]:
        yield does_hold(message_of, hexed(each["bytes"])) is None, each["why"]
    path, checkpoint, proof, blocks = range_of(hexed(found["range"]["bytes"]))
    yield (path, len(blocks), checkpoint.author.hex()) == (found["range"]["path"], found["range"]["blocks"], found["author"]), "the range"
    ids = []
    for block in blocks:
        first, previous, events = events_of_block(block)
        yield first == len(ids) + 1 and previous == (ids or [ZEROS])[-1], f"the block from {first} of the range"
        for event in events:
            ids.append(event.id(checkpoint.lane, (ids or [ZEROS])[-1], len(ids) + 1))
    last = found["range"]["lastSeq"]
    roots = roots_by_consistency(last, checkpoint.size, proof)
    yield len(ids) == last and roots == (root_of(last, peaks_of(ids)), checkpoint.root), "the events of the range"

def check_links(found):
    secret, network, peers = found["secret"].encode(), hexed(found["network"]), found["peers"]
    for each in found["frames"]:
        data, says = hexed(each["bytes"]), dict(each["says"])
        if says["kind"] == "hello":
            speaker, channel = says.pop("speaker"), hexed(says.pop("channel"))
            yield proof_of(secret, network, channel, peers, speaker, data[5 + 32 :]).hex() == says["proof"], f"the proof of the {speaker} side"
        yield does_hold(frame_says, data) == says, f"a {says['kind']}"
    for each in found["refusedFrames"]:
        yield does_hold(link_frame_of, hexed(each["bytes"])) is None, each["why"]
    for each in found["datagrams"]:
        said = {name: value for name, value in each["says"].items() if name not in ("came", "piece")}
        yield does_hold(datagram_says, hexed(each["bytes"])) == (hexed(found["datagramsLink"]), said), f"a datagram: {said['kind']}"
    for each in found["refusedDatagrams"]:
        yield does_hold(datagram_says, hexed(each["bytes"])) is None, each["why"]
    yield does_hold(invite_of, found["invite"]["text"]) == found["invite"]["says"], "the invite"

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
          "trie": check_trie, "proof": check_proof, "segment": check_segment, "sync": check_sync, "links": check_links}

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
