#!/bin/bash
# shellcheck disable=SC2034
kind=exporter
# shellcheck source=tests/contract/run.sh
. "$top_srcdir/tests/contract/run.sh"
