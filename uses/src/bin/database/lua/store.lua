-- Stores records, but none over one that is as new or newer. KEYS: of the records. ARGV: epoch, then the position and
-- the record of each. A record begins with its version, in 24 digits whose order is that of versions.
local refused = refusal(ARGV[1])
if refused then
    return refused
end
for at, key in ipairs(KEYS) do
    local position, record = ARGV[2 * at], ARGV[2 * at + 1]
    local older = redis.call('GETRANGE', key, 0, 23) < string.sub(record, 1, 24)
    if older then
        redis.call('SET', key, record)
        redis.call('ZADD', INDEX, position, key)
    end
end
return #KEYS
