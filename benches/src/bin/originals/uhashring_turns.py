"""Takes turns with uhashring as `child.rs` asks for them: `uhashring_turns.py default|ketama`.

Standard input has a line `SERVERS KEYS WARM`, the servers as `host port`, the keys, and then one request a line. Each is
answered: `owners` by a line a key, `lookup` and `build` by nanoseconds of
processor time and how often it was done.
"""

import sys
from time import process_time_ns

from uhashring import HashRing


def line():
    text = sys.stdin.readline()
    if not text:
        sys.exit()
    return text.rstrip("\n")


def build():
    return HashRing(nodes=nodes, hash_fn="ketama") if ketama else HashRing(nodes=nodes)


def look_up(keys):
    get_node = ring.get_node
    for key in keys:
        get_node(key)


ketama = sys.argv[1] == "ketama"
servers, count, warm = map(int, line().split())
nodes = [line().replace(" ", ":") for _ in range(servers)]
keys = [line() for _ in range(count)]
first, rest = keys[:warm], keys[warm:]
ring = build()
places = {node: place for place, node in enumerate(nodes)}
while True:
    request = line()
    if request == "owners":
        print("\n".join(str(places[ring.get_node(key)]) for key in keys))
    elif request == "lookup":
        look_up(first)
        start = process_time_ns()
        look_up(rest)
        print(process_time_ns() - start, len(rest))
    else:
        start = process_time_ns()
        ring = build()
        print(process_time_ns() - start, 1)
    sys.stdout.flush()
