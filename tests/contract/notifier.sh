#!/bin/bash
# shellcheck disable=SC2034
kind=notifier
# shellcheck source=tests/contract/run.sh
. "$top_srcdir/tests/contract/run.sh"
