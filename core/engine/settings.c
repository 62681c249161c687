/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/settings.h"
#include "core/base/buf.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct page {
	struct page *next;
	struct hyp_config *config;
	size_t readers;
};

struct hyp_settings_book {
	pthread_mutex_t lock;
	struct page *pages; /* the first is in force */
};

static int32_t add_page(struct hyp_settings_book *book,
			struct hyp_config *config, struct hyp_error *err)
{
	struct page *page = calloc(1, sizeof(*page));

	if (page == NULL)
		return hyp_error_nomem(err);
	page->config = config;
	page->next = book->pages;
	book->pages = page;
	return 0;
}

int32_t hyp_settings_book_new(struct hyp_config *config,
			      struct hyp_settings_book **out,
			      struct hyp_error *err)
{
	struct hyp_settings_book *book = calloc(1, sizeof(*book));

	if (book == NULL || add_page(book, config, err) < 0) {
		free(book);
		return hyp_error_nomem(err);
	}
	pthread_mutex_init(&book->lock, NULL);
	*out = book;
	return 0;
}

void hyp_settings_book_give_back(struct hyp_settings_book *book)
{
	book->pages->config = NULL;
}

static void free_page(struct page *page)
{
	hyp_config_free(page->config);
	free(page);
}

void hyp_settings_book_free(struct hyp_settings_book *book)
{
	struct page *page;

	if (book == NULL)
		return;
	while ((page = book->pages) != NULL) {
		book->pages = page->next;
		free_page(page);
	}
	pthread_mutex_destroy(&book->lock);
	free(book);
}

const struct hyp_config *hyp_settings_get(struct hyp_settings_book *book)
{
	const struct hyp_config *config;

	pthread_mutex_lock(&book->lock);
	book->pages->readers++;
	config = book->pages->config;
	pthread_mutex_unlock(&book->lock);
	return config;
}

/* Takes out the old pages that nobody reads. With the lock held. */
static struct page *take_unread(struct hyp_settings_book *book)
{
	struct page **at = &book->pages->next, *taken = NULL;

	while (*at != NULL) {
		struct page *page = *at;

		if (page->readers > 0) {
			at = &page->next;
			continue;
		}
		*at = page->next;
		page->next = taken;
		taken = page;
	}
	return taken;
}

static void free_pages(struct page *page)
{
	while (page != NULL) {
		struct page *next = page->next;

		free_page(page);
		page = next;
	}
}

void hyp_settings_put(struct hyp_settings_book *book,
		      const struct hyp_config *config)
{
	struct page *unread;

	if (config == NULL)
		return;
	pthread_mutex_lock(&book->lock);
	for (struct page *p = book->pages; p != NULL; p = p->next)
		if (p->config == config)
			p->readers--;
	unread = take_unread(book);
	pthread_mutex_unlock(&book->lock);
	free_pages(unread);
}

static int same_text(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static int same_value(const struct hyp_value *a, const struct hyp_value *b)
{
	if (!same_text(a->name, b->name) || a->form != b->form ||
	    !same_text(a->text, b->text) || a->item_count != b->item_count)
		return 0;
	for (size_t i = 0; i < a->item_count; i++)
		if (!same_text(a->items[i], b->items[i]))
			return 0;
	return 1;
}

static int same_part(const struct hyp_part *a, const struct hyp_part *b)
{
	if (!same_text(a->plugin, b->plugin) ||
	    a->values.count != b->values.count)
		return 0;
	for (size_t i = 0; i < a->values.count; i++)
		if (!same_value(&a->values.at[i], &b->values.at[i]))
			return 0;
	return 1;
}

int32_t hyp_settings_replace(struct hyp_settings_book *book,
			     struct hyp_config *config, struct hyp_error *err)
{
	struct page *unread = NULL;
	struct hyp_config *now;
	int32_t rc;

	pthread_mutex_lock(&book->lock);
	now = book->pages->config;
	if (!same_text(now->settings->state_dir, config->settings->state_dir) ||
	    !same_part(&now->database, &config->database))
		rc = hyp_error_set(err, HYP_E_USAGE, "needs_restart", 0,
				   "state_dir and database cannot change "
				   "while it runs: restart it");
	else
		rc = add_page(book, config, err);
	if (rc == 0)
		unread = take_unread(book);
	pthread_mutex_unlock(&book->lock);
	free_pages(unread);
	return rc;
}
