-- SPDX-License-Identifier: Apache-2.0
-- What wrk sends: wrk … -s wrk.lua URL -- KIND key=value …
--
--   probe    GET BASE/{id}, to the constant-answer program; ids=FILE
--   get      GET BASE/{id} of a random user; ids=FILE
--   filter   GET BASE?filter=userName eq "…" of a random user; users=N
--   post     POST BASE with a user nobody has posted before; nonce=TEXT
--   patch    PATCH BASE/{id}: the users of each thread, in a scattered order, turned inactive and, when all are,
--            active again, so that every request changes something; ids=FILE from=P,P… (what the run before printed)
--
-- and token=TOKEN for all. Whole requests are put together from ready pieces: wrk.format() would cost more than the
-- server. There is no response() here for the same reason; wrk itself counts every status above 399.
-- In the end one line is printed that starts with RESULT and holds key=value pairs; times are in microseconds.

local ID = 36 -- characters of an id; a line of the file of ids is one longer

-- threads in the order of their making; only wrk's own state has them
local threads = {}

function setup(thread)
    thread:set("number", #threads)
    table.insert(threads, thread)
end

local function read_ids(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read("*a")
    file:close()
    return text, math.floor(#text / (ID + 1))
end

local function id_at(ids, i)
    return ids:sub(i * (ID + 1) + 1, i * (ID + 1) + ID)
end

local function head(method, path, o, body)
    return method .. " " .. path, " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port .. "\r\nAuthorization: Bearer "
        .. o.token .. "\r\n" .. (body and "Content-Type: application/scim+json\r\nContent-Length: " or "\r\n")
end

local function gcd(a, b)
    while b ~= 0 do
        a, b = b, a % b
    end
    return a
end

local kinds = {}

function kinds.get(o)
    local ids, n = read_ids(o.ids)
    local open, close = head("GET", wrk.path .. "/", o)
    return function()
        return open .. id_at(ids, math.random(0, n - 1)) .. close
    end
end

kinds.probe = kinds.get

function kinds.filter(o)
    local n = tonumber(o.users)
    local open, close = head("GET", wrk.path .. "?filter=userName%20eq%20%22", o)
    return function()
        return open .. string.format("bench%07d@example.com%%22", math.random(0, n - 1)) .. close
    end
end

function kinds.post(o)
    local open, close = head("POST", wrk.path, o, true)
    local count = 0
    return function()
        count = count + 1
        local name = o.nonce .. "-" .. number .. "-" .. count
        local body = '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"' .. name
            .. '@example.com","name":{"givenName":"Bench","familyName":"' .. name .. '"},"emails":[{"primary":true,"value":"'
            .. name .. '@example.com","type":"work"}],"displayName":"Bench ' .. name
            .. '","locale":"en-US","externalId":"00u' .. name .. '","groups":[],"active":true}'
        return open .. close .. #body .. "\r\n\r\n" .. body
    end
end

-- The users of a thread are those whose number leaves the thread's number when divided by the count of threads.
function kinds.patch(o)
    local ids, all = read_ids(o.ids)
    local total = tonumber(o.threads)
    local n = math.floor((all - number + total - 1) / total)
    local stride = math.floor(n * 0.618) + 1
    while gcd(stride, n) ~= 1 do
        stride = stride + 1
    end
    local open, close = head("PATCH", wrk.path .. "/", o, true)
    local texts = {}
    for pass, value in pairs({ [0] = "false", [1] = "true" }) do
        local body = '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"active":'
            .. value .. "}}]}"
        texts[pass] = close .. #body .. "\r\n\r\n" .. body
    end
    local from = {}
    for position in (o.from or ""):gmatch("%d+") do
        table.insert(from, tonumber(position))
    end
    position = from[number + 1] or 0 -- global: done() reads it
    return function()
        local i = (position % n) * stride % n
        local pass = math.floor(position / n) % 2
        position = position + 1
        return open .. id_at(ids, i * total + number) .. texts[pass]
    end
end

function init(args)
    local o = {}
    for i = 2, #args do
        local key, value = args[i]:match("^([^=]+)=(.*)$")
        o[key] = value
    end
    math.randomseed(tonumber(o.seed or 1) * 64 + number)
    request = kinds[args[1]](o)
end

function done(summary, latency, requests)
    local positions = {}
    for _, thread in ipairs(threads) do
        table.insert(positions, tostring(thread:get("position") or 0))
    end
    local e = summary.errors
    io.write(string.format(
        "RESULT requests=%d duration=%d bytes=%d p50=%d p99=%d max=%d status=%d connect=%d read=%d write=%d timeout=%d from=%s\n",
        summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99), latency.max,
        e.status, e.connect, e.read, e.write, e.timeout, table.concat(positions, ",")))
end
