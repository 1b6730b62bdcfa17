/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of gRPC as the kubelet needs, over HTTP/2 by nghttp2 and over unix sockets:
 * a server of unary and of server-streaming methods, and one unary call of a client.
 * No compression, no TLS, no authentication but that of the socket's file.
 *
 * Whoever is at the other end may send anything: the amount that is kept for them is
 * bounded (MAX_* below), and what is wrong ends a call or a connection, no more.
 */
#ifndef FLEET_GRPC_H
#define FLEET_GRPC_H

#include <stddef.h>

#include "loop.h"

/* Status codes of gRPC that are used here. */
enum grpc_status {
	GRPC_OK = 0,
	GRPC_UNKNOWN = 2,
	GRPC_INVALID_ARGUMENT = 3,
	GRPC_DEADLINE_EXCEEDED = 4,
	GRPC_NOT_FOUND = 5,
	GRPC_RESOURCE_EXHAUSTED = 8,
	GRPC_FAILED_PRECONDITION = 9,
	GRPC_UNIMPLEMENTED = 12,
	GRPC_INTERNAL = 13,
	GRPC_UNAVAILABLE = 14,
};

#define GRPC_MAX_MESSAGE	(256 * 1024)	/* what a peer may send */
#define GRPC_MAX_CONNS		16		/* of one server */
#define GRPC_MAX_CALLS		16		/* of one connection */

struct grpc_call;
struct grpc_server;

/**
 * struct grpc_method - what a server can be asked for
 * @path: "/package.Service/Method"
 * @fn: called with the message of a request; replies, and ends the call now or later
 */
struct grpc_method {
	const char *path;
	void (*fn)(struct grpc_call *call, void *arg, const uint8_t *msg,
		   size_t len);
};

int grpc_listen(struct grpc_server **out, const char *path,
		const struct grpc_method *methods, void *arg);
bool grpc_is_there(const struct grpc_server *s);
void grpc_close(struct grpc_server *s);
int grpc_reply(struct grpc_call *call, const uint8_t *msg, size_t len);
void grpc_end(struct grpc_call *call, enum grpc_status status,
	      const char *text);
void grpc_on_gone(struct grpc_call *call, void (*fn)(void *arg), void *arg);
size_t grpc_unsent(const struct grpc_call *call);

/* Called once; @status is GRPC_OK where the call went well. */
typedef void grpc_done_fn(void *arg, enum grpc_status status,
			  const char *text);

struct grpc_client;

int grpc_ask(struct grpc_client **out, const char *socket, const char *path,
	     const uint8_t *msg, size_t len, unsigned int timeout_ms,
	     grpc_done_fn *done, void *arg);
void grpc_forget(struct grpc_client *c);

#endif /* FLEET_GRPC_H */
