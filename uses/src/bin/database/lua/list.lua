-- The keys from one position to another and their versions, one after the other; nothing if they are too many.
-- ARGV: epoch, first position, last position, the most keys.
local refused = refusal(ARGV[1])
if refused then
    return refused
end
if redis.call('ZCOUNT', INDEX, ARGV[2], ARGV[3]) > tonumber(ARGV[4]) then
    return false
end
local listed = {}
for _, key in ipairs(redis.call('ZRANGEBYSCORE', INDEX, ARGV[2], ARGV[3])) do
    table.insert(listed, key)
    table.insert(listed, redis.call('GETRANGE', key, 0, 23))
end
return listed
