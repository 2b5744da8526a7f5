-- Returns the beginning of an entry, in which its header is; false if there is no entry.
-- KEYS  entry     ARGV  the number of bytes
local raw = redis.call('GET', KEYS[1])
return raw and string.sub(raw, 1, tonumber(ARGV[1]))
