"""Stores or reads keys by libmemcached's own ring: DISTRIBUTION HASH get|set VALUE KEYS-FILE SERVER..."""

import sys

import pylibmc

distribution, key_hash, verb, value, file, *servers = sys.argv[1:]
client = pylibmc.Client(servers)
# The hash first: what is set later does not reach the points that are there.
client.behaviors = {"hash": key_hash}
client.behaviors = {distribution: True}
with open(file) as keys:
    keys = keys.read().split()
if verb == "set":
    wrong = [key for key in keys if not client.set(key, value)]
else:
    wrong = [key for key in keys if client.get(key) != value.encode()]
if wrong:
    sys.exit(f"{len(wrong)} of {len(keys)} keys, {wrong[0]} first")
