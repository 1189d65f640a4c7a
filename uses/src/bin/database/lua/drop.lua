-- Raises the fence, then deletes keys from one position to another. Returns how many.
-- ARGV: epoch, first position, last position, the most keys.
local refused = refusal(ARGV[1])
if refused then
    return refused
end
redis.call('SET', FENCE, ARGV[1])
local keys = redis.call('ZRANGEBYSCORE', INDEX, ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
for _, key in ipairs(keys) do
    redis.call('DEL', key)
    redis.call('ZREM', INDEX, key)
end
return #keys
