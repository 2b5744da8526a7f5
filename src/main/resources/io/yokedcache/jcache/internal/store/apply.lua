-- Applies one conditional change to one entry of the current generation.
-- KEYS  generation, entry; if the cache has tags, also their hash, and live.lua precedes this text;
--       the entry alone on a slot that is on its way, since the others may be at another node
-- ARGV  1 token, or the whole generation on a slot that is on its way  2 condition  3 expected  4 'write' or 'remove'  5 value
--       6 ttl on creation  7 ttl on update (milliseconds, 0 at once, -1 eternal, -2 unchanged)
--       8 '1' if the prior value is wanted  9 channel  10 origin  11 key
--       12 token for new tags  13... tags
--       or on a slot that is on its way, if the cache has tags: 12 header of the present entry, '' if
--       there is none  13 '1' if that entry counts  14 header of the new one
-- Returns {change, generation, prior}; change: -1 stale generation, or another header; 0 none, 1 created, 2 updated,
--       3 removed, 4 expired at once instead of being created
local STALE, NONE, CREATED, UPDATED, REMOVED, EXPIRED = -1, 0, 1, 2, 3, 4
local isAlone = not KEYS[2]
local entry = KEYS[2] or KEYS[1]
local generation = isAlone and ARGV[1] or redis.call('GET', KEYS[1])
if not generation or string.sub(generation, 1, 12) ~= string.sub(ARGV[1], 1, 12) then
  return {STALE, generation, false}
end

local unwritten = string.sub(generation, 21, 21) == 'e'
local listeners = string.sub(generation, unwritten and 22 or 21)
local heard = false
if listeners ~= '' then
  local time = redis.call('TIME')
  heard = tonumber(string.sub(listeners, 2)) >= time[1] * 1000 + math.floor(time[2] / 1000)
  if heard then
    -- Before anything is changed: a change that cannot be told must not be made. Redis 6.2 can be
    -- asked by a message only, which listeners do not understand and ignore.
    local denied
    if redis.acl_check_cmd then
      denied = not redis.acl_check_cmd('PUBLISH', ARGV[9], '')
    else
      local told = redis.pcall('PUBLISH', ARGV[9], '')
      denied = type(told) ~= 'number'
    end
    if denied then
      return redis.error_reply('NOPERM listeners hear of this cache, and this user may not tell them'
          .. ', so that nothing was changed; allow it the command +publish and the channel &' .. ARGV[9])
    end
  end
end

-- The old value is read only if it is needed, since a copy of a large one costs; else '' stands for it.
local isRead = isAlone or ARGV[8] == '1' or ARGV[2] == 'EQUAL'
    or (heard and string.sub(listeners, 1, 1) ~= 'v')
local current
if isRead then
  current = redis.call('GET', entry)
elseif not KEYS[3] then
  current = redis.call('EXISTS', entry) == 1 and ''
end
local head = ''
if KEYS[3] then
  local start = live(entry, KEYS[3], current)
  current = start and (isRead and string.sub(current, start) or '')
elseif isAlone and ARGV[12] then
  if (current and string.sub(current, 1, #ARGV[12])) ~= (ARGV[12] ~= '' and ARGV[12]) then
    return {STALE, generation, false}
  end
  current = ARGV[13] == '1' and string.sub(current, #ARGV[12] + 1)
  head = ARGV[14]
end
local condition = ARGV[2]
if (condition == 'ABSENT' and current)
    or (condition == 'PRESENT' and not current)
    or (condition == 'EQUAL' and current ~= ARGV[3]) then
  return {NONE, generation, (condition == 'EQUAL' or ARGV[8] == '1') and current}
end

local change
local value = ''
if ARGV[4] == 'remove' then
  change = current and REMOVED or NONE
  if current then
    redis.call('DEL', entry)
  end
else
  value = ARGV[5]
  local ttl = current and ARGV[7] or ARGV[6]
  change = current and UPDATED or CREATED
  if ttl == '0' then
    if current then
      redis.call('DEL', entry)
    else
      change = EXPIRED
    end
  else
    if KEYS[3] then
      head = header(KEYS[3], ARGV[12], 13)
    end
    local stored = head .. value
    if ttl == '-2' and current then
      redis.call('SET', entry, stored, 'KEEPTTL')
    elseif ttl == '-1' or ttl == '-2' then
      redis.call('SET', entry, stored)
    else
      redis.call('SET', entry, stored, 'PX', ttl)
    end
  end
end

if change ~= NONE then
  if heard or isAlone then
    local old = (not heard or string.sub(listeners, 1, 1) ~= 'v') and current
    local message = string.char(1, change) .. ARGV[10]
        .. struct.pack('>I4', #ARGV[11]) .. ARGV[11]
        .. struct.pack('>i4', old and #old or -1) .. (old or '') .. value
    if heard then
      redis.call('PUBLISH', ARGV[9], message)
    else
      redis.pcall('PUBLISH', ARGV[9], message) -- a listener may have come since the generation was read
    end
  else
    listeners = ''
  end
  if not isAlone then
    local written = not unwritten or change == CREATED or change == UPDATED
    local now = string.sub(generation, 1, 20) .. (written and '' or 'e') .. listeners
    if now ~= generation then
      generation = now
      redis.call('SET', KEYS[1], generation)
    end
  end
end
return {change, generation, ARGV[8] == '1' and current}
