-- What every script begins with: whether the server takes requests of this epoch.
--
-- The fence is the newest epoch that the server was told of. A server without one takes no part: it is new, or it has
-- lost its memory.
local FENCE, INDEX = 'fence', 'index'

local function refusal(epoch)
    local fence = redis.call('GET', FENCE)
    if not fence then
        return redis.error_reply('OUTSIDE not admitted')
    end
    if tonumber(epoch) < tonumber(fence) then
        return redis.error_reply('BEHIND ' .. fence)
    end
end

