#!/bin/bash
# Every sector at which a write can be torn by a power cut.
POWERLOSS=long
. "${top_srcdir:?is set by make check}/tests/powerloss/powerloss.sh" || exit 1
