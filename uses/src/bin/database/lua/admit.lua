-- Admits a server that is empty. ARGV: epoch.
if redis.call('GET', FENCE) then
    return refusal(ARGV[1]) or redis.call('SET', FENCE, ARGV[1])
end
if redis.call('DBSIZE') > 0 then
    return redis.error_reply('FULL not empty, nor admitted')
end
return redis.call('SET', FENCE, ARGV[1])
