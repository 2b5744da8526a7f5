-- Registers, or keeps registered, that some JVM listens to the changes of a bucket.
-- KEYS  generation, about; the generation alone on a slot that is on its way
-- ARGV  1 new generation, if there is none  2 description
--       3 'v' values are wanted, or 'o' old ones too  4 length of the lease in milliseconds
--       5 channel
-- Returns the generation; one of another application, with another fingerprint, is left as it is
redis.call('PERSIST', KEYS[1]) -- does nothing, but lets a full server go on: see renew.lua
local generation = redis.call('GET', KEYS[1])
if not generation then
  generation = ARGV[1] .. 'e'
  if KEYS[2] then
    redis.call('SET', KEYS[2], ARGV[2])
  end
  -- Other listeners were registered in the generation that is gone, perhaps for old values.
  redis.pcall('PUBLISH', ARGV[5], string.char(1, 6))
elseif string.sub(generation, 13, 20) ~= string.sub(ARGV[1], 13, 20) then
  return generation
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local wanted = ARGV[3]
local lease = tonumber(ARGV[4])
local expiry = now + lease
local head = string.sub(generation, 1, string.sub(generation, 21, 21) == 'e' and 21 or 20)
local registration = string.sub(generation, #head + 1)
if registration ~= '' then
  local registered = tonumber(string.sub(registration, 2))
  local before = string.sub(registration, 1, 1)
  if registered >= now then
    if before == 'o' then
      wanted = 'o'
    end
    if before == wanted and registered >= now + lease * 2 / 3 then
      return generation -- of another JVM a moment ago; each write makes near caches look again
    end
    expiry = math.max(expiry, registered)
  end
end
generation = head .. wanted .. string.format('%.0f', expiry)
redis.call('SET', KEYS[1], generation)
return generation
