-- Reads entries of a cache with tags, and sets their times to live. Deletes those that have an
-- invalidated tag. live.lua precedes this text.
-- KEYS  generation, tags, entries
-- ARGV  1 'value', 'value+ttl', 'header', 'header+ttl', 'ttl' or 'exists'
--       2... the time to live of each entry after the read (milliseconds, 0 at once, -1 eternal,
--       -2 unchanged); missing ones are unchanged
-- Returns {generation, what is wanted of each entry...}; with '+ttl' these are two elements, and a value
-- has its header before it, since a copy without it would double the time for a large value
local wanted = ARGV[1]
local isWhole = wanted == 'value' or wanted == 'value+ttl'
local isHeader = wanted == 'header' or wanted == 'header+ttl'
local isTtl = string.sub(wanted, -3) == 'ttl'
local reply = {redis.call('GET', KEYS[1])}
for i = 3, #KEYS do
  local raw
  if isWhole then
    raw = redis.call('GET', KEYS[i])
  end
  local counts = live(KEYS[i], KEYS[2], raw)
  if raw ~= false and not counts then
    redis.pcall('UNLINK', KEYS[i]) -- frees memory; a server that takes no writes now answers reads
  end
  if isWhole then
    reply[#reply + 1] = counts and raw
  elseif isHeader then
    reply[#reply + 1] = counts and redis.call('GETRANGE', KEYS[i], 0, counts - 2)
  elseif wanted == 'exists' then
    reply[#reply + 1] = counts and 1 or 0
  end
  if isTtl then
    reply[#reply + 1] = counts and redis.call('PTTL', KEYS[i]) or -2
  end
  local ttl = counts and ARGV[i - 1] or '-2'
  if ttl == '0' then
    redis.call('DEL', KEYS[i])
  elseif ttl == '-1' then
    redis.call('PERSIST', KEYS[i])
  elseif ttl ~= '-2' then
    redis.call('PEXPIRE', KEYS[i], ttl)
  end
end
return reply
