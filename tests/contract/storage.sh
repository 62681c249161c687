#!/bin/bash
# shellcheck disable=SC2034
kind=storage
# shellcheck source=tests/contract/run.sh
. "${top_srcdir:?is set by make check}/tests/contract/run.sh" || exit 1
