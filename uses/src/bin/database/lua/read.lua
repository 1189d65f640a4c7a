-- The first bytes of records, empty where there is none. KEYS: of the records. ARGV: epoch, place of the last byte.
local refused = refusal(ARGV[1])
if refused then
    return refused
end
local records = {}
for at, key in ipairs(KEYS) do
    records[at] = redis.call('GETRANGE', key, 0, ARGV[2])
end
return records
