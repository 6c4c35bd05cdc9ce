-- The requests of wrk: the same one each time, or one for each of many runs, with a unique probe.
-- Arguments: 1 authorization; 2 the body, or its part before the run's id; 3 its part between id and probe; 4 its part
-- after the probe; 5 the id before its number; 6 how many runs, 0 for one request only; 7 the step from one run to the
-- next; 8 the probe before its number; 9 "check" to look for errors in each answer; 10 the request's id, or "-" for none.
function init(args)
  wrk.method = "POST"
  wrk.headers["content-type"] = "application/json"
  wrk.headers["authorization"] = args[1]
  if args[10] ~= "-" then wrk.headers["x-request-id"] = args[10] end
  wrk.body = args[2]
  local before, between, after, idPrefix, probePrefix = args[2], args[3], args[4], args[5], args[8]
  local runs, stride = tonumber(args[6]), tonumber(args[7])
  local counter = 0

  -- Without a function of this name wrk sends the same bytes each time, which costs least.
  if runs > 0 then
    request = function()
      local run = (counter * stride) % runs
      counter = counter + 1
      return wrk.format(nil, nil, nil, before .. idPrefix .. run .. between .. probePrefix .. counter .. after)
    end
  end

  if args[9] == "check" then
    local shown = 0
    response = function(status, headers, body)
      if status == 200 and not string.find(body, '"errors"', 1, true) then return end
      -- This state cannot reach the reporting state, so it prints errors itself.
      io.write("@error\n")
      shown = shown + 1
      if shown <= 3 then io.stderr:write("error answer: " .. status .. " " .. string.sub(body, 1, 400) .. "\n") end
    end
  end
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '@summary {"requests":%d,"seconds":%.6f,"p50Ms":%.3f,"p99Ms":%.3f,"errors":%d}\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.connect + e.read + e.write + e.status + e.timeout))
end
