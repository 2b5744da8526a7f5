-- Ends the entries of a bucket that have one of some tags.
-- KEYS  tags, key by whose change near caches hear of it; on a slot that is on its way only the tags:
--       then the other key is changed after this     ARGV  tags
-- Returns how many of the tags there were; false if the other key is to be changed
local known = redis.call('HDEL', KEYS[1], unpack(ARGV))
if not KEYS[2] then
  return false
end
if known > 0 then
  redis.call('SET', KEYS[2], '1')
  redis.call('DEL', KEYS[2])
end
return known
