-- Notes in a generation that it may have entries, before one is written while the slot is on its way.
-- KEYS  generation     ARGV  1 token
-- Returns the generation
local generation = redis.call('GET', KEYS[1])
if generation and string.sub(generation, 1, 12) == ARGV[1]
    and string.sub(generation, 21, 21) == 'e' then
  generation = string.sub(generation, 1, 20) .. string.sub(generation, 22)
  redis.call('SET', KEYS[1], generation)
end
return generation
