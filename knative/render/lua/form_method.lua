-- An HTML form can only GET and POST: a hidden field names the method it means. The method is
-- replaced before routing and authorisation, so both see what the form asks for.
local METHODS = { PATCH = true, PUT = true, DELETE = true }

function envoy_on_request(handle)
  local headers = handle:headers()
  local kind = headers:get("content-type") or ""
  local path = headers:get(":path")
  if headers:get(":method") ~= "POST" or path == "/api" or path:sub(1, 5) == "/api/" then
    return
  end
  if kind:lower():match("^%s*application/x%-www%-form%-urlencoded") == nil then
    return
  end
  local body = handle:body()
  if body == nil then
    return
  end
  local method = ("&" .. body:getBytes(0, body:length())):match("&_method=(%a+)")
  if method ~= nil and METHODS[method:upper()] then
    -- The wait for the body has put the first headers object out of scope.
    handle:headers():replace(":method", method:upper())
    handle:clearRouteCache()
  end
end
