#!/bin/bash
# Every allocation fails, once and from then on; of a whole export and of
# recoveries (some 25,000 and 7,000 each) every place, and each 40th allocation,
# others each day. 12 minutes on two idle processors.
NOMEM=every
. "$top_srcdir/tests/nomem/nomem.sh"
