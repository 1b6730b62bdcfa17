/* SPDX-License-Identifier: GPL-2.0-only */
/* A connection: a socket and what nghttp2 makes of its bytes. */
#ifndef FLEET_H2_H
#define FLEET_H2_H

#include <nghttp2/nghttp2.h>

#include "grpc.h"

/**
 * struct h2 - a connection
 * @watch: its socket
 * @session: nghttp2's side of it
 * @out: what nghttp2 wants to be sent and the socket has not taken yet
 * @out_len: bytes of it
 * @busy: nghttp2 is at work: it must not be freed, nor asked for more
 * @dead: it has to be closed
 * @gone: called when it has ended by itself; frees it
 */
struct h2 {
	struct watch watch;
	nghttp2_session *session;
	const uint8_t *out;
	size_t out_len;
	bool busy;
	bool dead;
	void (*gone)(struct h2 *h);
};

int h2_open(struct h2 *h, int fd, bool server,
	    nghttp2_session_callbacks *callbacks, void *arg,
	    void (*gone)(struct h2 *h));
void h2_close(struct h2 *h);
void h2_flush(struct h2 *h);
nghttp2_nv h2_header(const char *name, const char *value);
int h2_address(const char *path, struct sockaddr_un *un);
char *h2_percent(const char *text, bool decode);

/**
 * struct message - one message of gRPC as it comes: five bytes, then itself
 * @data: what has come
 * @len: bytes of it
 */
struct message {
	uint8_t *data;
	size_t len;
};

enum grpc_status message_add(struct message *m, const uint8_t *data,
			     size_t len);
enum grpc_status message_whole(const struct message *m, const char **why);
uint8_t *message_frame(const uint8_t *msg, size_t len);

#define MESSAGE_PREFIX	5

#endif /* FLEET_H2_H */
