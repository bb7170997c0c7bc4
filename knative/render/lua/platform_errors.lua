-- What the platform behind us says in plain text (no instance, queue full, request timeout) becomes
-- a problem like every other error. Functions always answer with a problem or a page of their own.
local PROBLEM = '@UNAVAILABLE@'

function envoy_on_response(handle)
  local headers = handle:headers()
  local status = headers:get(":status")
  if status ~= "502" and status ~= "503" and status ~= "504" then
    return
  end
  local kind = headers:get("content-type") or "text/plain"
  if kind:match("^text/plain") == nil then
    return
  end
  headers:replace(":status", "503")
  headers:replace("content-type", "application/problem+json")
  headers:replace("retry-after", "2")
  headers:remove("content-length")
  local length = handle:body(true):setBytes(PROBLEM)
  headers:replace("content-length", tostring(length))
end
