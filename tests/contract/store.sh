#!/bin/bash
# shellcheck disable=SC2034
kind=store
# shellcheck source=tests/contract/run.sh
. "$top_srcdir/tests/contract/run.sh"
