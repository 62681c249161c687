/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every connection with its deadline: libmicrohttpd only knows idleness, so
 * that a byte a second would hold a connection for ever. Who is late has its
 * socket shut down. Any thread.
 */
#ifndef HYP_API_CONNECTIONS_H
#define HYP_API_CONNECTIONS_H

#include <hypersdk/error.h>
#include <stddef.h>
#include <stdint.h>
#include <stdatomic.h>

#define HYP_CONNECTIONS_MAX 1024u
#define HYP_CONNECTIONS_PER_ADDRESS 256u
/* So many are kept for addresses that have but a few, and for the Unix socket:
 * a handful of addresses cannot lock out all others. */
#define HYP_CONNECTIONS_SPARE 64u
#define HYP_CONNECTIONS_FEW 8u
/* Of these, so many for the Unix socket alone, however many addresses come. */
#define HYP_CONNECTIONS_LOCAL 16u

/* How long a connection may take for each step, ms. */
#define HYP_WAIT_HEAD 10000u
#define HYP_WAIT_IDLE 60000u /* between two requests */
#define HYP_WAIT_BODY 30000u
#define HYP_WAIT_ANSWER 60000u
#define HYP_WAIT_FOR_US UINT64_MAX	 /* the request is in our hands */
#define HYP_WAIT_STREAM (UINT64_MAX - 1) /* ends when its reader does */

/* How a connection came. */
enum hyp_way { HYP_WAY_UNIX = 1, HYP_WAY_TCP, HYP_WAY_TLS };

/* The metrics port: on loopback anybody may read it, elsewhere tokens say. */
#define HYP_METRICS_OPEN 1u
#define HYP_METRICS_TOKEN 2u

#define HYP_ADDRESS_MAX 64

struct hyp_conn {
	int fd; /* -1: this entry is free */
	enum hyp_way way;
	_Atomic uint64_t deadline_ms;  /* boot time */
	_Atomic uint32_t busy;	       /* a request is under way */
	char address[HYP_ADDRESS_MAX]; /* without port; "unix" */
	/* Of a Unix socket's other end. */
	uint32_t uid;
	uint32_t admin;	  /* root, our own user, or of our group */
	uint32_t metrics; /* HYP_METRICS_*: it came by the metrics port */
};

struct hyp_conns;

int32_t hyp_conns_new(struct hyp_conns **out, struct hyp_error *err);
void hyp_conns_free(struct hyp_conns *conns);

/* NULL: there are too many, or too many from this address. */
struct hyp_conn *hyp_conns_add(struct hyp_conns *conns, int fd,
			       enum hyp_way way, const char *address);
/* Before the descriptor is closed. */
void hyp_conns_remove(struct hyp_conns *conns, struct hyp_conn *conn);
struct hyp_conn *hyp_conns_by_fd(struct hyp_conns *conns, int fd);
size_t hyp_conns_count(struct hyp_conns *conns);
/* How many have a request under way, streams not counted. */
size_t hyp_conns_busy(struct hyp_conns *conns);

void hyp_conn_wait(struct hyp_conn *conn, uint64_t ms);
/* So long at the most, or what is left of the wait before. */
void hyp_conn_wait_less(struct hyp_conn *conn, uint64_t ms);
/* Shuts the late ones down. */
void hyp_conns_sweep(struct hyp_conns *conns);

#endif
