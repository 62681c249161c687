-- SPDX-License-Identifier: Apache-2.0
-- For wrk: GET /jobs/{id} of one job after the other. Arguments: the token,
-- and ids.
local requests, at = {}, 0
function init(args)
  for i = 2, #args do
    requests[i - 1] = wrk.format("GET", "/jobs/" .. args[i],
                                 {["Authorization"] = "Bearer " .. args[1]})
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
