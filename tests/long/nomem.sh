#!/bin/bash
# Every allocation fails, once and from then on; of a whole export and of
# recoveries (some 27,000 and 8,000 each) every place, and each 40th allocation:
# NOMEM_SHARE=N takes others. Some 40 minutes of two processors.
NOMEM=every
. "${top_srcdir:?is set by make check}/tests/nomem/nomem.sh" || exit 1
