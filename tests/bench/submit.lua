-- SPDX-License-Identifier: Apache-2.0
-- For wrk: POST /jobs/submit, every time to another place. Arguments: the
-- token, and the folder that the places are in.
local threads = 0
function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

local count = 0
function init(args)
  token, folder = args[1], args[2]
  headers = {["Authorization"] = "Bearer " .. token,
             ["Content-Type"] = "application/json"}
end

function request()
  count = count + 1
  return wrk.format("POST", "/jobs/submit", headers, string.format(
    '{"vm_path":"synthetic-%d","output_path":"%s/%d-%d","format":"ova"}',
    count % 200 + 1, folder, number, count))
end
