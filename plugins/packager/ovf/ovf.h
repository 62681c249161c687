/* SPDX-License-Identifier: Apache-2.0 */
/* packager/ovf: a folder with NAME.ovf, the files and NAME.mf. */
#ifndef HYP_PACKAGER_OVF_H
#define HYP_PACKAGER_OVF_H

#include <hypersdk/plugin.h>

extern const struct hyp_plugin ovf_plugin; /* ovf.c */

#endif
