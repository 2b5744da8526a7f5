-- Begins a new generation, which ends the old entries for all clients. Registered listeners stay
-- registered and get a message to forget the old generation, by which they know expired entries. Without
-- an old generation no listener is registered: if the channel has subscribers, they count as
-- listeners for five seconds ('p') and get a message to register again.
-- KEYS  generation, about, and the hash of the tags if the cache has some; the generation alone on a
--       slot that is on its way: the other keys may be at another node, and are not needed
-- ARGV  1 new generation  2 description of codecs and types  3 channel
--       4 '1' on a cluster, where a node does not know the subscribers of other nodes: it assumes some
-- Returns {generation, token of the old one if it may have entries, else ''}; a generation of another
-- application, with another fingerprint, is left as it is
local old = redis.call('GET', KEYS[1])
if old and string.sub(old, 13, 20) ~= string.sub(ARGV[1], 13, 20) then
  return {old, ''}
end
-- Redis refuses to a script that is out of memory only its first change, if it needs memory. This one
-- needs none and does nothing, since the key has no time to live; so a full server can be cleared.
redis.call('PERSIST', KEYS[1])
local isEmpty = not old or string.sub(old, 21, 21) == 'e'
local listeners = old and string.sub(old, isEmpty and 22 or 21) or ''
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if not old or listeners ~= '' then
  -- Who may not publish clears all the same: the next generation is known by its key, too.
  local told = redis.pcall('PUBLISH', ARGV[3], string.char(1, old and 5 or 6))
  if not old and type(told) == 'number' and (told > 0 or ARGV[4] == '1') then
    listeners = 'p' .. string.format('%.0f', now + 5000)
  elseif old and (tonumber(string.sub(listeners, 2)) or 0) < now then
    listeners = '' -- their lease has ended
  end
end
local generation = ARGV[1] .. 'e' .. listeners
redis.call('SET', KEYS[1], generation)
if KEYS[2] then
  redis.call('SET', KEYS[2], ARGV[2])
end
if KEYS[3] then
  redis.call('UNLINK', KEYS[3])
end
return {generation, isEmpty and '' or string.sub(old, 1, 12)}
