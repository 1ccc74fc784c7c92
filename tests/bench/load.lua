-- One document with variables of its own on every request; the figures of the run as one line of JSON.
local before, after = os.getenv("LOAD_BEFORE"), os.getenv("LOAD_AFTER")
local modulo, fixed = tonumber(os.getenv("LOAD_MODULO")), os.getenv("LOAD_FIXED") == "1"
local number = tonumber(os.getenv("LOAD_START"))
local path = os.getenv("LOAD_PATH")
local headers = {}
for name, value in string.gmatch(os.getenv("LOAD_HEADERS"), "([^\n:]+): ([^\n]+)") do headers[name] = value end

request = function()
  if before == "" then return wrk.format("GET", path, headers) end
  if not fixed then number = number + 1 end
  return wrk.format("POST", path, headers, before .. string.format("%d", number % modulo) .. after)
end

done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'FIGURES {"requests":%d,"seconds":%.6f,"bytes":%d,"p50":%.3f,"p99":%.3f,"errors":%d,"failed":"%s"}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    string.format("%d statuses, %d connects, %d reads, %d writes, %d timeouts", errors.status, errors.connect,
      errors.read, errors.write, errors.timeout)))
end
