-- Takes, renews or gives back a lease, unless another JVM has it.
-- KEYS  lease     ARGV  1 holder  2 milliseconds, 0 to give it back  3 '1' to take it if it is free
-- Returns 1 if it was or is the holder's, else 0
local holder = redis.call('GET', KEYS[1])
if not holder and ARGV[3] == '1' then
  redis.call('DEL', KEYS[1]) -- does nothing, but lets a full server go on: see renew.lua
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 1
end
if holder ~= ARGV[1] then
  return 0
end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1
