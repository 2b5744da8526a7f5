-- Begins a new generation: the old entries are gone for everybody. Listeners stay registered, and
-- are told to forget the old generation, by which they know expired entries that were current.
-- KEYS  generation, about     ARGV  1 new generation  2 description of codecs and types  3 channel
-- Returns the generation; one of another application, with another fingerprint, is left as it is
local old = redis.call('GET', KEYS[1])
if old and string.sub(old, 13, 20) ~= string.sub(ARGV[1], 13, 20) then
  return old
end
-- Redis refuses to a script that is out of memory only its first change, if it needs memory. This one
-- needs none and does nothing, since the key has no time to live; so a full server can be cleared.
redis.call('PERSIST', KEYS[1])
local listeners = old and string.sub(old, 21) or ''
local generation = ARGV[1] .. listeners
redis.call('SET', KEYS[1], generation)
redis.call('SET', KEYS[2], ARGV[2])
if listeners ~= '' then
  redis.call('PUBLISH', ARGV[3], string.char(1, 5))
end
return generation
