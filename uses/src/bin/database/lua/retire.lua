-- Takes a server out: from now on it refuses everything. ARGV: epoch.
return refusal(ARGV[1]) or redis.call('DEL', FENCE)
