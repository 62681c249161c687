#!/bin/bash
# 100,000 events, 100 kills, and nothing keeps an event from failing again.
HOOK_EVENTS=${HOOK_EVENTS:-100000} HOOK_KILLS=${HOOK_KILLS:-100}
HOOK_MOST=1000000 HOOK_SECONDS=3600
. "${top_srcdir:?is set by make check}/tests/e2e/webhooks-kill.sh" || exit 1
