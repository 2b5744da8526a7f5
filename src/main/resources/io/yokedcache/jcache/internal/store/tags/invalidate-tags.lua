-- Ends the entries of a bucket that have one of some tags.
-- KEYS  tags, then for each tag the key by whose change near caches hear of it; on a slot that is
--       on its way only the tags: then the other keys are changed after this     ARGV  tags
-- Returns whether the other keys were changed
redis.call('HDEL', KEYS[1], unpack(ARGV))
for i = 2, #KEYS do -- also of unknown tags: the server may have evicted their tokens
  redis.call('SET', KEYS[i], '1')
  redis.call('DEL', KEYS[i])
end
return #KEYS > 1
