-- Decides about a call as the gateway does: the head, the route, the caller, the grant, the rate.
-- mulian_routes.lua holds the data. Nothing here reads what an escape means: paths are compared as they were sent.
local data = require "mulian_routes"
local find, sub, lower, gsub = string.find, string.sub, string.lower, string.gsub
local rates = ngx.shared.mulian_rates
local mulian = {}

local function answer(status, body, retry)
  ngx.status = status
  ngx.header["Content-Type"] = "application/problem+json; charset=utf-8"
  ngx.header["X-Request-Id"] = ngx.var.request_id
  if retry then ngx.header["Retry-After"] = retry end
  body = gsub(body, "@request%-id@", ngx.var.request_id)
  ngx.header["Content-Length"] = #body
  if ngx.req.get_method() ~= "HEAD" then ngx.print(body) end
  return ngx.exit(ngx.HTTP_OK)
end

local function problem(status, name, retry)
  ngx.var.mulian_outcome = name
  return answer(status, data.problems[name], retry)
end

-- a message that may be read in two ways: its connection carries nothing more
local function malformed(status, reason)
  ngx.var.mulian_status, ngx.var.mulian_outcome = status, reason
  return ngx.exec("@malformed")
end

-- also where nginx itself has refused
function mulian.malformed()
  local status = tonumber(ngx.var.mulian_status) or ngx.status
  if status == 494 then status = 431 end
  local reason = ngx.var.mulian_outcome
  if reason == "" or reason == "forwarded" then reason = "engine" end
  return answer(status, (gsub(data.problems.malformed, "@reason@", reason)))
end

local function path_fault(path)
  if find(path, "%%", 1) then
    if ngx.re.find(path, "%(?![0-9A-Fa-f]{2})", "jo") then return "path.percent" end
    if ngx.re.find(path, "%(?:2[fFeE5]|5[cC]|[01][0-9A-Fa-f]|7[fF]|[cC]0%[aA][eEfF]|[cC]1%9[cC]|[eE]0%80%[aA][eEfF])", "jo") then
      return "path.encoded"
    end
  end
  if find(path, "//", 1, true) then return "path.empty" end
  if ngx.re.find(path, [[(?:^|/)\.\.?(?:;[^/]*)?(?:/|$)]], "jo") then return "path.dots" end
end

local START = [[^([A-Z]{1,16}) (/[\x21\x24-\x3e\x40-\x5b\x5d\x5f\x61-\x7a\x7e]*)(?:\?([\x21\x24-\x5b\x5d\x5f\x61-\x7a\x7e]*))?]]
  .. [[ HTTP/1\.([01])\r\n]]
local SHAPE = [[^[^ \r\n]+ [^ \r\n]+ HTTP/([0-9])\.([0-9])\r\n]]
local LINE = [[\G([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*\r\n]]
local HOST = [[^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$]]
local OPTIONS = { close = true, ["keep-alive"] = true, upgrade = true, te = true }

-- returns the header fields (lower-case names, last value), or nil, status, reason
local function fields_of(raw, at)
  local fields, count, context = {}, 0, { pos = at }
  while sub(raw, context.pos, context.pos + 1) ~= "\r\n" do
    local line = ngx.re.match(raw, LINE, "jo", context)
    if not line then return nil, 400, "syntax" end
    local name, value = lower(line[1]), line[2]
    count = count + 1
    if count > data.headers then return nil, 431, "headers.count" end
    if fields[name] and data.single[name] then return nil, 400, "header.repeated" end
    if data.identity[name] then return nil, 400, "header.identity" end
    if find(name, "_", 1, true) and not data.underscored[name] then return nil, 400, "header.underscore" end
    fields[name] = name == "connection" and fields[name] and fields[name] .. "," .. value or value
  end
  if context.pos + 1 ~= #raw then return nil, 400, "syntax" end
  return fields
end

local function framing_fault(fields, method, minor)
  local length, encoding, expect = fields["content-length"], fields["transfer-encoding"], fields["expect"]
  if length then
    if encoding then return 400, "length.and.chunked" end
    if not ngx.re.find(length, "^[0-9]{1,15}$", "jo") then return 400, "length" end
  elseif encoding and (lower(encoding) ~= "chunked" or minor == "0") then
    return 400, "transfer.encoding"
  end
  if expect and lower(expect) ~= "100-continue" then return 417, "expect" end
  if (encoding or tonumber(length or 0) > 0) and (method == "GET" or method == "HEAD" or method == "OPTIONS") then
    return 400, "body.unexpected"
  end
end

-- returns method, path, query, fields; or nil, status, reason
local function head_of(raw)
  local start = ngx.re.match(raw, START, "jo")
  if not start then
    local shape = ngx.re.match(raw, SHAPE, "jo")
    if not shape then return nil, 400, "start.line" end
    if shape[1] ~= "1" or (shape[2] ~= "0" and shape[2] ~= "1") then return nil, 505, "version" end
    return nil, 400, "target.form"
  end
  local method, path, query = start[1], start[2], start[3] or ""
  if not data.methods[method] then
    return nil, (method == "TRACE" or method == "CONNECT") and 405 or 501, "method"
  end
  if #path + #query > data.target then return nil, 414, "target.long" end
  local fault = path_fault(path)
  if fault then return nil, 400, fault end
  if ngx.re.find(query, "%(?![0-9A-Fa-f]{2})", "jo") then return nil, 400, "query.percent" end
  local fields, status, reason = fields_of(raw, #start[0] + 1)
  if not fields then return nil, status, reason end
  if not ngx.re.find(fields["host"] or "", HOST, "jo") then return nil, 400, "host" end
  for option in string.gmatch(lower(fields["connection"] or ""), "[^,%s]+") do
    if not OPTIONS[option] then return nil, 400, "connection.named" end
  end
  status, reason = framing_fault(fields, method, start[4])
  if status then return nil, status, reason end
  return method, path, query, fields
end

local function route_of(path)
  local name, parent = data.exact[path], path
  while not name and parent do
    parent = string.match(parent, "^(.+)/[^/]*$")
    name = parent and data.prefixes[parent]
  end
  return name, name and data.routes[name]
end

-- a token bucket that all workers share; returns nil or the seconds to wait
local function wait_of(key, grant)
  while not rates:add("lock " .. key, true, 0.05) do ngx.sleep(0.001) end
  local now, tokens = ngx.now(), grant.burst
  local kept, at = rates:get(key)
  if kept then
    at = rates:get("at " .. key) or now
    tokens = math.min(grant.burst, kept + math.max(0, now - at) * grant.rate / 1000)
  end
  local taken = tokens >= 1
  rates:set(key, taken and tokens - 1 or tokens)
  rates:set("at " .. key, now)
  rates:delete("lock " .. key)
  if not taken then return math.max(1, math.ceil((1 - tokens) * 1000 / grant.rate)) end
end

local function strange(fields)
  for name in pairs(fields) do
    if data.underscored[name] then return true end
  end
end

local function admitted(name, route, fields)
  local now, key = ngx.time(), fields["x-mulian-key"] or ""
  for _, window in ipairs(route.windows) do
    if window.from <= now and now < window["until"] then
      ngx.var.mulian_outcome = "maintenance"
      return answer(503, window.body, window["until"] - now)
    end
  end
  if not data.apps[key] then return problem(401, "key_unknown") end
  ngx.var.mulian_app = key
  local grant = route.grants[key]
  if not grant or grant.expires <= now then return problem(403, "no_grant") end
  local wait = grant.rate > 0 and wait_of(name .. " " .. key, grant)
  if wait then return problem(429, "rate", wait) end
  return true
end

function mulian.decide()
  local method, path, query, fields = head_of(ngx.req.raw_header())
  if not method then return malformed(path, query) end
  local name, route = route_of(path)
  if not name then return problem(404, "no_interface") end
  ngx.var.mulian_code = route.code
  if route.rest then return ngx.exec("@rest") end
  if strange(fields) then return malformed(400, "header.underscore") end
  if route.retired then return problem(410, "retired") end
  if not route.methods[method] then return problem(405, "method") end
  if tonumber(fields["content-length"] or 0) > route.body_limit then return malformed(413, "body.long") end
  if not admitted(name, route, fields) then return end
  local target = route.base .. sub(path, #route.path + 1)
  if target == "" then target = "/" end
  ngx.var.mulian_target = query ~= "" and target .. "?" .. query or target
  ngx.var.mulian_outcome = "forwarded"
  return ngx.exec("@" .. name)
end

-- headers of the revision on what the source has answered
function mulian.answered(name)
  if ngx.var.upstream_status == nil then return end
  for header, value in pairs(data.routes[name].headers) do ngx.header[header] = value end
  ngx.header["X-Request-Id"] = ngx.var.request_id
  ngx.header["X-Powered-By"], ngx.header["Alt-Svc"] = nil, nil
end

return mulian
