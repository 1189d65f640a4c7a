#!/usr/bin/env python3
"""Writes the golden files of the placement, or checks them: a second, independent implementation.

    pip install xxhash
    python3 golden.py            # write placement.tsv and small.tsv
    python3 golden.py --check    # exit 1 when a file is not what this script would write

The tests only read the files. They may gain lines but no line may ever change: the placement is
frozen. Each line is one fact, its fields separated by tabs, the first of them naming its kind.
Byte strings are hexadecimal (an empty field is the empty string); positions, weights and numbers
are decimal; fingerprints and 64-bit positions are hexadecimal with 16 digits. `#` begins a comment.

    vnodes V                            points for each unit of weight, of the ring below
    node IDENTITY WEIGHT ZONE           a member of the ring below
    fingerprint F                       of the ring
    counted IDENTITY POINTS S F         the ring with another number of points for one node: the share of
                                        that node, and the fingerprint
    routing HASH ARGUMENTS F            the routing fingerprint of the ring with this key hash: xxh3, sip SECRET, fx64,
                                        fx32, or tagged OPEN CLOSE over xxh3
    owner KEY OWNER                     who owns KEY in the ring
    replicas KEY NODE NODE ..           the first owners of KEY in the ring, nearest first
    zones KEY NODE NODE ..              the first owners of KEY in distinct zones
    rounds KEY K M NODE NODE ..         the first K owners of KEY spread over zones in rounds, at most
                                        M of a zone; M is `-` where there is no maximum
    share IDENTITY S                    how many of the 2^32 positions a member owns
    point IDENTITY R P32 P64            point R of a node, on the circles of 32 and 64 bits
    key KEY P32 P64                     the position of a key by the default hash
    int BITS K P64                      the position of the integer K of so many bits by the default hash
    sipint SECRET BITS K P64            its position by SipHash-1-3 under SECRET
    fx64 K P                            the position of the integer K, hashed as u64
    fx32 K P                            the position of the integer K, hashed as u32
    sip SECRET KEY P                    the position of KEY by SipHash-1-3 under SECRET
"""

import bisect
import itertools
import pathlib
import sys

import xxhash

M32 = (1 << 32) - 1
M64 = (1 << 64) - 1
HERE = pathlib.Path(__file__).parent


def xxh3(data):
    return xxhash.xxh3_64_intdigest(data, seed=0)


def splitmix(state, r):
    """Output r, from 0, of SplitMix64 that starts from state."""
    z = (state + (r + 1) * 0x9E3779B97F4A7C15) & M64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
    return z ^ (z >> 31)


def fx64(word):
    h = (word * 0x517CC1B727220A95) & M64
    h = ((h ^ (h >> 33)) * 0xFF51AFD7ED558CCD) & M64
    h = ((h ^ (h >> 33)) * 0xC4CEB9FE1A85EC53) & M64
    return h ^ (h >> 33)


def fx32(word):
    h = (word * 0x27220A95) & M32
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & M32
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & M32
    return h ^ (h >> 16)


def siphash(secret, data, compressions=1, finalizations=3):
    """SipHash of Aumasson and Bernstein, 64 bits of output."""
    k0 = int.from_bytes(secret[:8], "little")
    k1 = int.from_bytes(secret[8:], "little")
    v = [
        k0 ^ 0x736F6D6570736575,
        k1 ^ 0x646F72616E646F6D,
        k0 ^ 0x6C7967656E657261,
        k1 ^ 0x7465646279746573,
    ]

    def rotate(x, n):
        return ((x << n) | (x >> (64 - n))) & M64

    def rounds(n):
        for _ in range(n):
            v[0] = (v[0] + v[1]) & M64
            v[1] = rotate(v[1], 13) ^ v[0]
            v[0] = rotate(v[0], 32)
            v[2] = (v[2] + v[3]) & M64
            v[3] = rotate(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & M64
            v[3] = rotate(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & M64
            v[1] = rotate(v[1], 17) ^ v[2]
            v[2] = rotate(v[2], 32)

    whole = len(data) // 8 * 8
    tail = data[whole:] + bytes(7 - (len(data) - whole)) + bytes([len(data) & 0xFF])
    for i in range(0, len(data[:whole]) + 8, 8):
        word = int.from_bytes((data[:whole] + tail)[i : i + 8], "little")
        v[3] ^= word
        rounds(compressions)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(finalizations)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


# The vectors of the SipHash paper and of xxHash's own tests: this script must know its hashes.
assert siphash(bytes(range(16)), bytes(range(15)), 2, 4) == 0xA129CA6149BE45E5
assert xxh3(b"") == 0x2D06800538D394C2
assert splitmix(1234567, 0) == 6457827717110365317


def position(key):
    return xxh3(key) >> 32


class Ring:
    def __init__(self, vnodes, nodes, counts=()):
        """nodes: (identity, weight, zone); counts: identities to numbers of points that are set."""
        self.vnodes = vnodes
        self.counts = dict(counts)
        self.nodes = sorted(nodes)
        self.zones = {identity: zone for identity, _, zone in nodes}
        self.points = sorted(
            (splitmix(xxh3(identity), r) >> 32, identity, r)
            for identity, weight, _ in nodes
            for r in range(self.counts.get(identity, weight * vnodes))
        )

    def order(self, key):
        """All owners of a key, nearest first."""
        start = bisect.bisect_left(self.points, (position(key),))
        order = {}
        for _, identity, _ in self.points[start:] + self.points[:start]:
            order.setdefault(identity)
        return list(order)

    def rounds(self, key, k, most=None):
        """The first k owners spread over zones, at most so many of a zone."""
        met, owners = {}, []
        for node in self.order(key):
            met.setdefault(self.zones[node], []).append(node)
            owners.append((len(met[self.zones[node]]), node))
        # The sort is stable: within a round owners stay in the order of the walk.
        owners.sort(key=lambda owner: owner[0])
        return [node for round_, node in owners if most is None or round_ <= most][:k]

    def shares(self):
        shares = {identity: 0 for identity, _, _ in self.nodes}
        last = self.points[-1][0] - (1 << 32)
        for position_, identity, _ in self.points:
            shares[identity] += position_ - last
            last = position_
        return shares

    def fingerprint(self):
        state = (xxh3(b"annulus-32") + self.vnodes) & M64
        for identity, weight, zone in self.nodes:
            record = [state, xxh3(identity), xxh3(zone)]
            record = b"".join(word.to_bytes(8, "little") for word in record)
            record += weight.to_bytes(4, "little")
            count = self.counts.get(identity, weight * self.vnodes)
            if count != weight * self.vnodes:
                record += count.to_bytes(4, "little")
            state = xxh3(record)
        return state

    def routing_fingerprint(self, key_hash):
        """Of the ring with this hash of the probes' bytes."""
        probes = [bytes(range(256)) * 2, bytes(range(255, -1, -1)) * 2]
        words = [self.fingerprint()] + [key_hash(probe) for probe in probes]
        return xxh3(b"".join(word.to_bytes(8, "little") for word in words))

    def counted(self, identity, points):
        """The ring with another number of points for one node."""
        return Ring(self.vnodes, self.nodes, {identity: points})


def tag(braces, key):
    """What lies between the first opening byte and the first closing byte after it, or the whole key."""
    start = key.find(braces[:1]) + 1
    end = key.find(braces[1:], start) if start else -1
    return key[start:end] if end > start else key


assert [tag(b"{}", key) for key in (b"a{b}c}", b"{}a}", b"}a{b")] == [b"b", b"{}a}", b"}a{b"]


def pattern(length):
    """Bytes of every value, without a short period."""
    return bytes((i * 31 + i // 256 * 7 + length * 13 + 7) & 0xFF for i in range(length))


SECRETS = [bytes(range(16)), b"\xff" * 16, b"a secret of 16 b"]
INTEGERS = [0, 1, 2, 3, 255, 256, 65535, 65536, 0x7FFFFFFF, 0x80000000, 0xDEADBEEF, M32]
WIDE = INTEGERS + [1 << 32, (1 << 53) + 1, 1 << 63, 0x0123456789ABCDEF, M64]


def ring_lines(ring, keys, replicas, spread, counts=()):
    """spread: (key, number of owners, maximum a zone or None); counts: (identity, number of points)."""
    yield f"vnodes\t{ring.vnodes}"
    for identity, weight, zone in ring.nodes:
        yield f"node\t{identity.hex()}\t{weight}\t{zone.hex()}"
    yield f"fingerprint\t{ring.fingerprint():016x}"
    for identity, share in ring.shares().items():
        yield f"share\t{identity.hex()}\t{share}"
    for identity, points in counts:
        counted = ring.counted(identity, points)
        share, fingerprint = counted.shares()[identity], counted.fingerprint()
        yield f"counted\t{identity.hex()}\t{points}\t{share}\t{fingerprint:016x}"
    for key in keys:
        yield f"owner\t{key.hex()}\t{ring.order(key)[0].hex()}"
    for key in replicas:
        for kind, owners in ("replicas", ring.order(key)[:3]), ("zones", ring.rounds(key, 3)):
            yield "\t".join([kind, key.hex()] + [node.hex() for node in owners])
    for key, k, most in spread:
        asked = ["rounds", key.hex(), str(k), "-" if most is None else str(most)]
        yield "\t".join(asked + [node.hex() for node in ring.rounds(key, k, most)])


def hash_lines(points, keys, integers, wide, secrets, secret_keys):
    for identities, numbers in points:
        for identity, r in itertools.product(identities, numbers):
            p = splitmix(xxh3(identity), r)
            yield f"point\t{identity.hex()}\t{r}\t{p >> 32}\t{p:016x}"
    for key in keys:
        yield f"key\t{key.hex()}\t{position(key)}\t{xxh3(key):016x}"
    for k in wide:
        yield f"fx64\t{k}\t{fx64(k) >> 32}"
    for k in integers:
        yield f"fx32\t{k}\t{fx32(k)}"
    for secret in secrets:
        for key in secret_keys:
            yield f"sip\t{secret.hex()}\t{key.hex()}\t{siphash(secret, key) >> 32}"


def integer_lines(secret):
    """Integers hash as their little-endian bytes: the signed ones in two's complement."""
    for bits in 8, 16, 32, 64, 128:
        top = 1 << bits
        for k in 0, 1, 200, top // 2 - 1, top // 2, top - 1, 0x0123456789ABCDEF0123456789ABCDEF % top:
            key = k.to_bytes(bits // 8, "little")
            yield f"int\t{bits}\t{k}\t{xxh3(key):016x}"
            yield f"sipint\t{secret.hex()}\t{bits}\t{k}\t{siphash(secret, key):016x}"


def routing_lines(ring):
    hashes = [
        ("xxh3", xxh3),
        ("fx64", lambda key: fx64(int.from_bytes(key[:8], "little"))),
        # It has 32 bits, which are the upper ones.
        ("fx32", lambda key: fx32(int.from_bytes(key[:4], "little")) << 32),
    ]
    for secret in SECRETS:
        hashes.append((f"sip\t{secret.hex()}", lambda key, secret=secret: siphash(secret, key)))
    # The last two: no tag between them in the one probe, and in the other.
    for braces in b"{}", b"{{", b"}{", b"\xff\x00", b"()", b")(":
        name = f"tagged\t{braces[0]}\t{braces[1]}"
        hashes.append((name, lambda key, braces=braces: xxh3(tag(braces, key))))
    for name, key_hash in hashes:
        yield f"routing\t{name}\t{ring.routing_fingerprint(key_hash):016x}"


def placement():
    nodes = [
        (b"cache%04d.dc%d.example.com:6379" % (i, i % 4), 1 + i % 3, b"dc%d" % (i % 4))
        for i in range(16)
    ]
    nodes += [(b"10.0.%d.%d:11211" % (i, 7 * i), 1, b"dc%d" % (i % 4)) for i in range(6)]
    nodes += [(b"", 1, b""), (pattern(255), 1, b"dc1"), (b"drained", 0, b"dc2")]
    keys = [b"user:%d" % i for i in range(200)] + [pattern(n) for n in range(0, 601, 50)]
    yield "# Golden positions and owners, written by golden.py, which describes the lines."
    # The 24 nodes that have points are in zones of 1, 5, 5, 6 and 7.
    spread = [(7, None), (11, None), (24, None), (25, 1), (4, 1)]
    spread += [(9, 2), (25, 2), (14, 3), (23, 5), (3, 0)]
    spread = [(key, *asked) for key, asked in zip(keys[::6], itertools.cycle(spread))]
    counts = [(nodes[i][0], points) for i, points in [(0, 0), (3, 1), (16, 15), (22, 149), (1, 300)]]
    counts += [(nodes[2][0], 451), (nodes[23][0], 1_000)]
    ring = Ring(150, nodes)
    yield from ring_lines(ring, keys, keys[::4], spread, counts)
    yield from hash_lines(
        [
            ([pattern(n) for n in range(256)], [0]),
            ([pattern(n) for n in range(0, 256, 17)], [1, 2, 149, 150, 65_536, M32 - 1]),
        ],
        [pattern(n) for n in [*range(260), *range(260, 600, 20), 600]],
        INTEGERS,
        WIDE,
        SECRETS,
        [pattern(n) for n in range(0, 65)] + [pattern(n) for n in (100, 255, 256, 600)],
    )
    yield from integer_lines(SECRETS[2])
    yield from routing_lines(ring)


def small():
    names = [b"sensor-hub", b"gateway-a", b"gateway-b", b"10.0.0.1:6379", b"10.0.0.2:6379"]
    names += [b"cache0001.dc1.example.com:6379", b"edge/7", b"z"]
    zones = [b"attic", b"attic", b"cellar", b"cellar", b"yard", b"yard", b"", b"attic"]
    nodes = [(name, 1 + (i == 2), zone) for i, (name, zone) in enumerate(zip(names, zones))]
    keys = [b"%d" % (i * i) for i in range(36)] + [pattern(n) for n in (0, 1, 3, 9, 17, 33)]
    yield "# Golden answers for small machines, written by golden.py, which describes the lines."
    yield f"# The ring: {len(nodes)} nodes, those of the `node` lines, with 16 points for each unit"
    yield f"# of weight: {sum(weight for _, weight, _ in nodes) * 16} points."
    # Few and short: the file is nearly as long as it may be. The sixth owner of the first key is the second
    # of its zone. Ahead of it in the walk is the third of another zone.
    spread = [(keys[0], 6, None), (keys[9], 8, 1)]
    yield from ring_lines(Ring(16, nodes), keys, keys[::5], spread)
    yield from hash_lines(
        [([pattern(n) for n in (0, 1, 3, 4, 8, 9, 16, 17, 128, 129, 240, 241)], [0, 15])],
        [pattern(n) for n in (0, 1, 3, 4, 8, 9, 16, 17, 128, 129, 240, 241, 300)],
        INTEGERS,
        WIDE,
        SECRETS[:1],
        [pattern(n) for n in (0, 1, 7, 8, 9, 16, 33)],
    )


def main():
    status = 0
    for name, lines in ("placement.tsv", placement()), ("small.tsv", small()):
        text = "".join(line + "\n" for line in lines)
        path = HERE / name
        if sys.argv[1:] == ["--check"]:
            same = path.exists() and path.read_bytes() == text.encode()
            print(f"{name}: {'ok' if same else 'DIFFERS'}")
            status |= not same
        else:
            path.write_bytes(text.encode())
            print(f"{name}: {len(text)} bytes")
    return status


if __name__ == "__main__":
    sys.exit(main())
