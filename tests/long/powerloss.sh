#!/bin/bash
# Every sector at which a write can be torn by a power cut.
POWERLOSS=long
. "$top_srcdir/tests/powerloss/powerloss.sh"
