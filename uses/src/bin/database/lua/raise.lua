-- Raises the fence: what was asked in an earlier epoch is refused from now on. ARGV: epoch.
return refusal(ARGV[1]) or redis.call('SET', FENCE, ARGV[1])
