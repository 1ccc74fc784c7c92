"""What the store does inside Valkey, each at one stroke: scripts whose first key is the marker."""

from __future__ import annotations

from typing import Final

CHANGES_MAX: Final = 10_000
"""So many changes are kept, roughly; a follower that is further behind reads everything anew."""

GUARD = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
"""
"""Nothing is answered from an engine that is not the one that was opened: no reply at all stands for that."""

TELL = f"""
local number = redis.call('INCR', KEYS[6])
redis.call('XADD', KEYS[5], 'MAXLEN', '~', {CHANGES_MAX}, number .. '-0', 'k', ARGV[4])
return {{1}}
"""
"""Changes are numbered without gaps, so that a follower sees when one that it missed is trimmed."""

READ = (
    GUARD
    + """
local found = {}
for i = 2, #KEYS do found[i - 1] = redis.call('HMGET', KEYS[i], 'v', 'd') end
return found
"""
)
"""marker, values… · → version and data of each."""

PUT = (
    GUARD
    + """
local version = tonumber(redis.call('HGET', KEYS[2], 'v') or 0)
if version ~= tonumber(ARGV[2]) then return {0} end
redis.call('HSET', KEYS[2], 'v', version + 1, 'd', ARGV[5])
redis.call('ZADD', KEYS[3], '+inf', ARGV[4])
redis.call('SADD', KEYS[4], ARGV[3])
"""
    + TELL
)
"""marker, value, index, kinds, changes, count of changes · marker, expected version, kind, key, data → done or not."""

DELETE = (
    GUARD
    + """
local version = tonumber(redis.call('HGET', KEYS[2], 'v') or 0)
if version == 0 or version ~= tonumber(ARGV[2]) then return {0} end
redis.call('DEL', KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[4])
"""
    + TELL
)
"""As PUT, without data."""

SWAP = (
    GUARD
    + """
local held = redis.call('HMGET', KEYS[2], 'v', 'd')
if tonumber(held[1] or 0) ~= tonumber(ARGV[2]) then return {0, held[1], held[2]} end
if ARGV[5] == '' then
  redis.call('DEL', KEYS[2])
  redis.call('ZREM', KEYS[3], ARGV[4])
  return {1}
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local number = redis.call('INCR', KEYS[5])
redis.call('HSET', KEYS[2], 'v', number, 'd', ARGV[6])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
redis.call('ZADD', KEYS[3], now + ARGV[5], ARGV[4])
redis.call('SADD', KEYS[4], ARGV[3])
return {1, number}
"""
)
"""marker, value, index, kinds, count of versions · marker, expected version, kind, key, milliseconds (none deletes),
data → won or not, and the version, or version and data of what stands there."""

KEYS = (
    GUARD
    + """
local found, size = {}, string.len(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], now, '+inf')) do
  if string.sub(key, 1, size) == ARGV[2] then found[#found + 1] = key end
end
return found
"""
)
"""marker, index · marker, beginning → keys of one kind that begin so, without those of passing values that ended."""

KINDS = (
    GUARD
    + """
return redis.call('SMEMBERS', KEYS[2])
"""
)
"""marker, kinds · marker → first words of keys."""

CHANGES = (
    GUARD
    + """
local last, since = tonumber(redis.call('GET', KEYS[3]) or 0), tonumber(ARGV[2])
if since == last then return {last, 1} end
if since < 0 or since > last then return {last, 0} end
local found = redis.call('XRANGE', KEYS[2], '(' .. since .. '-0', '+')
if #found ~= last - since then return {last, 0} end
local answer = {last, 1}
for i = 1, #found do answer[i + 2] = found[i][2][2] end
return answer
"""
)
"""marker, changes, count of changes · marker, the number that was seen → the last number, whether all since are
still known, their keys."""
