/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypersdk/option.h - a plugin's options, as a table.
 *
 * A plugin declares a plain struct and a table that says which option goes
 * into which member. The core reads values from conf.d, jobs and the command
 * line, checks them, and hands create() the struct filled: every member has
 * the given value or the default. Unknown names and wrong types never reach
 * the plugin.
 *
 *	struct sample { const char *path; uint64_t limit; };
 *	static const struct hyp_option sample_options[] = {
 *		HYP_OPT_STRING(struct sample, path, "path", NULL,
 *			       HYP_OPT_REQUIRED, "folder to read"),
 *		HYP_OPT_BYTES(struct sample, limit, "limit", "64MiB", 0,
 *			      "largest file taken"),
 *	};
 *
 * A member of another C type than the option's does not compile (in C; C++
 * does not look). At most 256 options, in a struct of at most 64 KiB; no two
 * of one name or one member. What no option fills is 0.
 */
#ifndef HYPERSDK_OPTION_H
#define HYPERSDK_OPTION_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Type of an option, and the member it fills. Text forms are what conf.d and
 * the command line accept. */
#define HYP_OPT_T_STRING 1u   /* const char *: text, NULL if unset */
#define HYP_OPT_T_INTEGER 2u  /* int64_t: decimal, within min..max */
#define HYP_OPT_T_BOOL 3u     /* uint32_t: true | false, as 1 | 0 */
#define HYP_OPT_T_BYTES 4u    /* uint64_t: "512", "64KiB", "5GiB", "1.5GB" */
#define HYP_OPT_T_DURATION 5u /* uint64_t: ms; "250ms", "1h30m", "2d" */
#define HYP_OPT_T_SECRET 6u   /* struct hyp_secret: by reference, see there */
#define HYP_OPT_T_LIST 7u     /* struct hyp_list: list of texts */
#define HYP_OPT_T_ENUM 8u     /* uint32_t: index into choices */

#define HYP_OPT_REQUIRED 1u /* there is no default: the user must say */

/*
 * A secret, resolved by the core from "file:PATH" (mode 0600, one trailing
 * newline dropped), "env:NAME" or "credential:NAME" (systemd). value is NUL-
 * terminated, never NULL ("" and length 0 if unset), and wiped when the
 * instance goes. Never log it or put it into an error's text.
 */
struct hyp_secret {
	const char *value;
	uint64_t length;
};

/* items may be NULL where count is 0. */
struct hyp_list {
	const char *const *items;
	uint64_t count;
};

/* Without a size of its own: hyp_plugin.option_stride is it. */
struct hyp_option {
	const char *name; /* [a-z][a-z0-9_]{0,62}, not "plugin" or "inner" */
	const char *help; /* one line, no full stop */
	const char *def;  /* text form of the default; NULL: unset, 0; always
			   * NULL for secret and list */
	const char *const *choices; /* enum: NULL-terminated names, 1 to 255 */
	int64_t min, max;	    /* integer: inclusive; both 0: no bound */
	uint32_t type;		    /* HYP_OPT_T_* */
	uint32_t flags;		    /* HYP_OPT_REQUIRED */
	uint32_t offset;	    /* of the member in the options struct */
	uint32_t reserved;
};

#ifdef __cplusplus
#define HYP_OPT_OFFSET(st, m, type) ((uint32_t)offsetof(st, m))
#else
/* The array's size is -1, an error, when the member has another type. */
#define HYP_OPT_OFFSET(st, m, type)                                            \
	((uint32_t)(offsetof(st, m) +                                          \
		    0 * sizeof(char[_Generic(((st *)0)->m, type : 1, default   \
					     : -1)])))
#endif

#define HYP_OPT_(st, m, ctype, otype, name, def, flags, help, choices, lo, hi) \
	{                                                                      \
		name, help, def, choices, lo, hi, otype, flags,                \
			HYP_OPT_OFFSET(st, m, ctype), 0                        \
	}
#define HYP_OPT_STRING(st, m, name, def, flags, help)                          \
	HYP_OPT_(st, m, const char *, HYP_OPT_T_STRING, name, def, flags,      \
		 help, NULL, 0, 0)
#define HYP_OPT_INTEGER(st, m, name, def, lo, hi, flags, help)                 \
	HYP_OPT_(st, m, int64_t, HYP_OPT_T_INTEGER, name, def, flags, help,    \
		 NULL, lo, hi)
#define HYP_OPT_BOOL(st, m, name, def, flags, help)                            \
	HYP_OPT_(st, m, uint32_t, HYP_OPT_T_BOOL, name, def, flags, help,      \
		 NULL, 0, 0)
#define HYP_OPT_BYTES(st, m, name, def, flags, help)                           \
	HYP_OPT_(st, m, uint64_t, HYP_OPT_T_BYTES, name, def, flags, help,     \
		 NULL, 0, 0)
#define HYP_OPT_DURATION(st, m, name, def, flags, help)                        \
	HYP_OPT_(st, m, uint64_t, HYP_OPT_T_DURATION, name, def, flags, help,  \
		 NULL, 0, 0)
#define HYP_OPT_SECRET(st, m, name, flags, help)                               \
	HYP_OPT_(st, m, struct hyp_secret, HYP_OPT_T_SECRET, name, NULL,       \
		 flags, help, NULL, 0, 0)
#define HYP_OPT_LIST(st, m, name, flags, help)                                 \
	HYP_OPT_(st, m, struct hyp_list, HYP_OPT_T_LIST, name, NULL, flags,    \
		 help, NULL, 0, 0)
#define HYP_OPT_ENUM(st, m, name, choices, def, flags, help)                   \
	HYP_OPT_(st, m, uint32_t, HYP_OPT_T_ENUM, name, def, flags, help,      \
		 choices, 0, 0)

#ifdef __cplusplus
}
#endif
#endif
