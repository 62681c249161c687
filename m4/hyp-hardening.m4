# SPDX-License-Identifier: Apache-2.0
# HYP_HARDENING: what makes bugs in C harder to use, where compiler and linker
# have it: HARDEN_CPPFLAGS, HARDEN_CFLAGS, HARDEN_LDFLAGS. What the user gave in
# CPPFLAGS, CFLAGS and LDFLAGS comes later on the command line, and wins.
AC_DEFUN([HYP_HARDENING], [
AC_ARG_ENABLE([hardening],
  [AS_HELP_STRING([--disable-hardening],
    [leave position-independent programs, FORTIFY_SOURCE, stack protection and
     the like to the compiler, CFLAGS and LDFLAGS])],
  [], [enable_hardening=yes])
AS_IF([test "$enable_hardening" = yes], [
  for hyp_flag in -fPIE -fstack-protector-strong -fstack-clash-protection \
      -fcf-protection; do
    AX_CHECK_COMPILE_FLAG([$hyp_flag],
      [HARDEN_CFLAGS="$HARDEN_CFLAGS $hyp_flag"], [], [-Werror])
  done
  for hyp_flag in -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack; do
    AX_CHECK_LINK_FLAG([$hyp_flag],
      [HARDEN_LDFLAGS="$HARDEN_LDFLAGS $hyp_flag"])
  done
  # libtool hands -pie to the link of programs only.
  AX_CHECK_LINK_FLAG([-pie], [HARDEN_LDFLAGS="$HARDEN_LDFLAGS -pie"], [],
    [-fPIE])
  # The sanitizers look at the same calls themselves. libc's headers say what
  # they made of the wish: without optimization nothing.
  AS_CASE(["$enable_sanitizers $CPPFLAGS $CFLAGS"],
    [no\ *_FORTIFY_SOURCE*], [],
    [no\ *], [
      for hyp_level in 3 2; do
        hyp_flag="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$hyp_level"
        AS_IF([test "x$HARDEN_CPPFLAGS" = x],
          [AX_CHECK_COMPILE_FLAG([$hyp_flag],
            [HARDEN_CPPFLAGS=$hyp_flag], [], [-Werror],
            [AC_LANG_PROGRAM([[#include <stdio.h>
              #if __USE_FORTIFY_LEVEL < ]$hyp_level[
              # error
              #endif]])])])
      done])
])
AC_SUBST([HARDEN_CPPFLAGS])
AC_SUBST([HARDEN_CFLAGS])
AC_SUBST([HARDEN_LDFLAGS])
])
