-- Refuses a body by its declared length before anybody reads it. The limit is the function's own,
-- which the function enforces again for bodies of undeclared length.
local PROBLEM = '@TOO_LARGE@'

function envoy_on_request(handle)
  local limit = handle:metadata():get("limit_bytes")
  local length = tonumber(handle:headers():get("content-length") or "0")
  if limit ~= nil and length ~= nil and length > limit then
    handle:respond({ [":status"] = "413", ["content-type"] = "application/problem+json" }, PROBLEM)
  end
end
