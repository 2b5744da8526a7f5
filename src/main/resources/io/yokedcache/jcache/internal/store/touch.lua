-- Sets the time to live of an entry that was read, unless it was changed since.
-- KEYS  entry     ARGV  1 its content  2 time to live (milliseconds, 0 at once, -1 eternal)
if redis.call('GET', KEYS[1]) == ARGV[1] then
  if ARGV[2] == '0' then
    redis.call('DEL', KEYS[1])
  elseif ARGV[2] == '-1' then
    redis.call('PERSIST', KEYS[1])
  else
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
  end
end
return 1
