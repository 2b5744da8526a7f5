-- Ends the entries of a bucket that have one of some tags.
-- KEYS  tags, key by whose change near caches hear of it     ARGV  tags
-- Returns how many of the tags there were
local known = redis.call('HDEL', KEYS[1], unpack(ARGV))
if known > 0 then
  redis.call('SET', KEYS[2], '1')
  redis.call('DEL', KEYS[2])
end
return known
