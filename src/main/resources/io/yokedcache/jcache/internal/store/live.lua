-- The beginning of the scripts for caches with tags. An entry of these caches has a header: the
-- number of its tags in one byte, then for each tag its length in one byte, the tag, and the token
-- of eight bytes that the tag had when the entry was written. The hash has the present tokens. An
-- entry counts as absent if a token is not the present one, or if the header is not complete.
local present = {} -- tokens that this call has read

-- Where the value of an entry begins, or false if there is no entry that counts. If raw is nil, the
-- beginning of the entry is read here; else raw is the entry, or false if there is none.
local function live(entry, hash, raw)
  local isWhole = raw ~= nil
  if not isWhole then
    raw = redis.call('GETRANGE', entry, 0, 255)
  end
  local count = raw and string.byte(raw, 1)
  if not count then
    return false
  end
  local at = 2
  for _ = 1, count do
    local length = string.byte(raw, at)
    if not isWhole and #raw < at + (length or 0) + 8 then
      raw = redis.call('GETRANGE', entry, 0, 67320) -- no header is longer: 1 + 255 * (1 + 255 + 8)
      isWhole = true
      length = string.byte(raw, at)
    end
    if not length or #raw < at + length + 8 then
      return false
    end
    local tag = string.sub(raw, at + 1, at + length)
    local token = present[tag]
    if token == nil then
      token = redis.call('HGET', hash, tag)
      present[tag] = token
    end
    if token ~= string.sub(raw, at + length + 1, at + length + 8) then
      return false
    end
    at = at + length + 9
  end
  return at
end

-- The header of an entry with the tags from that argument on; a new tag gets the token.
local function header(hash, token, first)
  local parts = {string.char(math.max(#ARGV - first + 1, 0))}
  for i = first, #ARGV do
    local current = present[ARGV[i]]
    if not current then
      current = redis.call('HGET', hash, ARGV[i])
    end
    if not current or #current ~= 8 then
      current = token
      redis.call('HSET', hash, ARGV[i], token)
    end
    parts[#parts + 1] = string.char(#ARGV[i]) .. ARGV[i] .. current
  end
  return table.concat(parts)
end
