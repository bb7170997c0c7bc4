-- Functions know the caller from the signed identity alone. Sessions stay between the browser, the
-- authoriser and the functions of auth (whose routes, like the socket's, switch this filter off).
function envoy_on_request(handle)
  local headers = handle:headers()
  headers:remove("authorization")
  local cookies = headers:get("cookie")
  if cookies == nil then
    return
  end
  local kept = {}
  for part in cookies:gmatch("[^;]+") do
    local cookie = part:match("^%s*(.-)%s*$")
    local name = cookie:match("^[^=]*"):lower()
    if cookie ~= "" and name:sub(1, 7) ~= "__host-" and name:sub(1, 9) ~= "__secure-" then
      kept[#kept + 1] = cookie
    end
  end
  if #kept > 0 then
    headers:replace("cookie", table.concat(kept, "; "))
  else
    headers:remove("cookie")
  end
end
