-- Reads the tokens of tags, and gives one to those that need it.
-- KEYS  tags     ARGV  1 token for new tags  2 how many of the tags need a token  3... tags, these first
-- Returns the token of each tag, false if it has none
local tokens = {}
for i = 3, #ARGV do
  local token = redis.call('HGET', KEYS[1], ARGV[i])
  if i < 3 + tonumber(ARGV[2]) and (not token or #token ~= 8) then
    token = ARGV[1]
    redis.call('HSET', KEYS[1], ARGV[i], token)
  end
  tokens[#tokens + 1] = token
end
return tokens
