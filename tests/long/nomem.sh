#!/bin/bash
# Every allocation fails.
NOMEM=every
. "$top_srcdir/tests/nomem/nomem.sh"
