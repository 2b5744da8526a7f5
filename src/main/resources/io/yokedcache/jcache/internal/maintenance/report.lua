-- Stores what one JVM has found out for all, also on a server that is out of memory.
-- KEYS  report     ARGV  1 content  2 milliseconds that it is kept
redis.call('DEL', KEYS[1]) -- lets a full server go on: see renew.lua
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
