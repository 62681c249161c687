/* SPDX-License-Identifier: Apache-2.0 */
/* The settings in force and those that somebody still reads: counted. */
#ifndef HYP_ENGINE_SETTINGS_H
#define HYP_ENGINE_SETTINGS_H

#include "core/config/config.h"

struct hyp_settings_book;

/* config is the book's when it returns 0. */
int32_t hyp_settings_book_new(struct hyp_config *config,
			      struct hyp_settings_book **out,
			      struct hyp_error *err);
/* The config in force is the caller's again. */
void hyp_settings_book_give_back(struct hyp_settings_book *book);
void hyp_settings_book_free(struct hyp_settings_book *book);
const struct hyp_config *hyp_settings_get(struct hyp_settings_book *book);
void hyp_settings_put(struct hyp_settings_book *book,
		      const struct hyp_config *config);
/* HYP_E_USAGE "needs_restart": state_dir or database are others. config is the
 * book's when it returns 0. */
int32_t hyp_settings_replace(struct hyp_settings_book *book,
			     struct hyp_config *config, struct hyp_error *err);

#endif
