-- Renews a lease, or gives it back, unless another JVM has it by now.
-- KEYS  lease     ARGV  1 holder  2 milliseconds, 0 to give it back
-- Returns 1 if it was the holder's, else 0
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1
