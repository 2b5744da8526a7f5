-- Deletes entries of dead generations that one page of SCAN finds, and counts them.
-- KEYS  the generation's key, which says where the entries are
-- ARGV  1 cursor  2 pattern of the names  3 how many keys to look at  4... tokens of the generations
-- Returns {cursor, number of entries deleted}
local tokens = {}
for i = 4, #ARGV do
  tokens[ARGV[i]] = true
end
local page = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
local deleted = 0
local batch = {}
for _, name in ipairs(page[2]) do
  local brace = string.find(name, '}:', 1, true)
  if brace and tokens[string.sub(name, brace + 2, brace + 13)]
      and string.sub(name, brace + 14, brace + 14) == ':' then
    batch[#batch + 1] = name
    if #batch == 1000 then
      deleted = deleted + redis.call('UNLINK', unpack(batch))
      batch = {}
    end
  end
end
if #batch > 0 then
  deleted = deleted + redis.call('UNLINK', unpack(batch))
end
return {page[1], deleted}
