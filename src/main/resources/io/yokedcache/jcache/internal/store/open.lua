-- Reads a bucket's generation, and makes one where there is none.
-- KEYS  generation, about     ARGV  1 new generation  2 description of codecs and types
-- Returns {generation, description}
local generation = redis.call('GET', KEYS[1])
if not generation then
  redis.call('PERSIST', KEYS[1]) -- does nothing, but lets a full server go on: see renew.lua
  generation = ARGV[1]
  redis.call('SET', KEYS[1], generation)
  redis.call('SET', KEYS[2], ARGV[2])
end
return {generation, redis.call('GET', KEYS[2])}
