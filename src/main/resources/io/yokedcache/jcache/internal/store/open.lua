-- Reads a bucket's generation, and makes one where there is none. If somebody is subscribed to the
-- changes of the cache, whose lease is gone with the generation before, it is heard for five
-- seconds ('p'), and told to register again.
-- KEYS  generation, about     ARGV  1 new generation  2 description of codecs and types  3 channel
-- Returns {generation, description, 1 if this user may publish changes, else 0}
local generation = redis.call('GET', KEYS[1])
if not generation then
  redis.call('PERSIST', KEYS[1]) -- does nothing, but lets a full server go on: see renew.lua
  generation = ARGV[1] .. 'e'
  local subscribers = redis.pcall('PUBSUB', 'NUMSUB', ARGV[3])
  if subscribers.err or subscribers[2] > 0 then
    local told = redis.pcall('PUBLISH', ARGV[3], string.char(1, 6))
    if type(told) == 'number' and told > 0 then
      local time = redis.call('TIME')
      generation = generation .. 'p' .. string.format('%.0f', time[1] * 1000 + 5000)
    end
  end
  redis.call('SET', KEYS[1], generation)
  redis.call('SET', KEYS[2], ARGV[2])
end
local allowed = not redis.acl_check_cmd or redis.acl_check_cmd('PUBLISH', ARGV[3], '')
return {generation, redis.call('GET', KEYS[2]), allowed and 1 or 0}
