-- Begins a new generation: the old entries are gone for everybody. Listeners stay registered.
-- KEYS  generation, about     ARGV  1 new generation  2 description of codecs and types
-- Returns the generation
local old = redis.call('GET', KEYS[1])
local generation = ARGV[1] .. (old and string.sub(old, 21) or '')
redis.call('SET', KEYS[1], generation)
redis.call('SET', KEYS[2], ARGV[2])
return generation
