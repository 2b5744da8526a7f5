-- Reads a bucket's generation, and makes one where there is none. If somebody is subscribed to the
-- changes of the cache, whose lease is gone with the generation before, it is heard for five
-- seconds ('p'), and told to register again.
-- KEYS  generation, about; the generation alone on a slot that is on its way
-- ARGV  1 new generation  2 description of codecs and types  3 channel
--       4 '1' on a cluster, where a node does not know the subscribers of other nodes: it assumes some
-- Returns {generation, description, 1 if this user may publish changes, else 0,
--       1 if a JVM listens now, else 0}
local generation = redis.call('GET', KEYS[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if not generation then
  redis.call('PERSIST', KEYS[1]) -- does nothing, but lets a full server go on: see renew.lua
  generation = ARGV[1] .. 'e'
  local assumed = ARGV[4] == '1'
  local subscribers = not assumed and redis.pcall('PUBSUB', 'NUMSUB', ARGV[3])
  if assumed or subscribers.err or subscribers[2] > 0 then
    local told = redis.pcall('PUBLISH', ARGV[3], string.char(1, 6))
    if type(told) == 'number' and (assumed or told > 0) then
      generation = generation .. 'p' .. string.format('%.0f', now + 5000)
    end
  end
  redis.call('SET', KEYS[1], generation)
  if KEYS[2] then
    redis.call('SET', KEYS[2], ARGV[2])
  end
end
local allowed = not redis.acl_check_cmd or redis.acl_check_cmd('PUBLISH', ARGV[3], '')
local listeners = string.sub(generation, string.sub(generation, 21, 21) == 'e' and 22 or 21)
local heard = (tonumber(string.sub(listeners, 2)) or 0) >= now
return {generation, KEYS[2] and redis.call('GET', KEYS[2]) or false, allowed and 1 or 0, heard and 1 or 0}
