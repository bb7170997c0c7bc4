-- What the platform behind us says in plain text (no instance, queue full, request timeout) becomes
-- a problem like every other error, or a page for a browser that opens one. Functions always answer
-- with a problem or a page of their own.
local PROBLEM = '@UNAVAILABLE@'
local PAGE = [==[@UNAVAILABLE_PAGE@]==]
local OURS = "popshop.platform_errors"

function envoy_on_request(handle)
  local accept = handle:headers():get("accept") or ""
  local is_api = handle:headers():get(":path"):sub(1, 5) == "/api/"
  if accept:find("text/html", 1, true) and not is_api then
    handle:streamInfo():dynamicMetadata():set(OURS, "wants_page", true)
  end
end

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
  local asked = handle:streamInfo():dynamicMetadata():get(OURS)
  local wants_page = asked ~= nil and asked["wants_page"]
  headers:replace(":status", "503")
  headers:replace("content-type", wants_page and "@PAGE_TYPE@" or "application/problem+json")
  headers:replace("retry-after", "2")
  headers:remove("content-length")
  local length = handle:body(true):setBytes(wants_page and PAGE or PROBLEM)
  headers:replace("content-length", tostring(length))
end
