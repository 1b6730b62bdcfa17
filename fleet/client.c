// SPDX-License-Identifier: GPL-2.0-only
/* The client's half of grpc.h: one unary call, whose answer is only a status. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "h2.h"

struct grpc_client {
	struct h2 h2;
	struct timer timer;
	uint8_t *out;
	size_t out_len;
	size_t out_done;
	bool http_ok;
	bool has_status;
	enum grpc_status status;
	char *text;
	grpc_done_fn *done;
	void *arg;
};

static void free_client(struct grpc_client *c)
{
	timer_stop(&c->timer);
	h2_close(&c->h2);
	free(c->out);
	free(c->text);
	free(c);
}

/* Tell how it went; the client is gone then. */
static void finish(struct grpc_client *c, enum grpc_status status,
		   const char *text)
{
	grpc_done_fn *done = c->done;
	char *copy = strdup(text ? text : "");
	void *arg = c->arg;

	free_client(c);
	done(arg, status, copy ? copy : "");
	free(copy);
}

static void conn_gone(struct h2 *h)
{
	struct grpc_client *c = container_of(h, struct grpc_client, h2);

	if (c->has_status && c->http_ok)
		finish(c, c->status, c->text);
	else
		finish(c, GRPC_UNAVAILABLE, c->http_ok ?
		       "the connection ended before an answer came" :
		       "no gRPC is spoken there");
}

static void too_late(struct timer *t)
{
	finish(container_of(t, struct grpc_client, timer),
	       GRPC_DEADLINE_EXCEEDED, "no answer came in time");
}

static ssize_t read_request(nghttp2_session *session, int32_t id, uint8_t *buf,
			    size_t length, uint32_t *flags,
			    nghttp2_data_source *source, void *arg)
{
	struct grpc_client *c = source->ptr;
	size_t n = c->out_len - c->out_done;

	(void)session, (void)id, (void)arg;
	if (n > length)
		n = length;
	memcpy(buf, c->out + c->out_done, n);
	c->out_done += n;
	if (c->out_done == c->out_len)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return n;
}

static bool is(const uint8_t *p, size_t len, const char *text)
{
	return len == strlen(text) && !memcmp(p, text, len);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame,
		     const uint8_t *name, size_t namelen, const uint8_t *value,
		     size_t len, uint8_t flags, void *arg)
{
	struct grpc_client *c = arg;
	char text[1024];

	(void)session, (void)frame, (void)flags;
	if (len >= sizeof(text))
		len = sizeof(text) - 1;
	memcpy(text, value, len);
	text[len] = '\0';
	if (is(name, namelen, ":status")) {
		c->http_ok = !strcmp(text, "200");
	} else if (is(name, namelen, "grpc-status")) {
		char *end;
		unsigned long n = strtoul(text, &end, 10);

		c->has_status = true;
		c->status = *end || end == text || n > 16 ? GRPC_UNKNOWN : n;
	} else if (is(name, namelen, "grpc-message")) {
		free(c->text);
		c->text = h2_percent(text, true);
	}
	return 0;
}

/* That was all: the loop finds the connection to have ended. */
static int on_stream_gone(nghttp2_session *session, int32_t id, uint32_t code,
			  void *arg)
{
	(void)id, (void)code, (void)arg;
	nghttp2_session_terminate_session(session, NGHTTP2_NO_ERROR);
	return 0;
}

static int submit(struct grpc_client *c, const char *path)
{
	nghttp2_data_provider provider = {
		.source.ptr = c, .read_callback = read_request,
	};
	const nghttp2_nv nv[] = {
		h2_header(":method", "POST"),
		h2_header(":scheme", "http"),
		h2_header(":path", path),
		h2_header(":authority", "localhost"),
		h2_header("te", "trailers"),
		h2_header("content-type", "application/grpc"),
		h2_header("user-agent", "cohmem-device-plugin/" COHMEM_VERSION),
	};

	return nghttp2_submit_request(c->h2.session, NULL, nv,
				      sizeof(nv) / sizeof(nv[0]), &provider,
				      NULL) < 0 ? -ENOMEM : 0;
}

static int dial(const char *path)
{
	struct sockaddr_un un;
	int fd, ret;

	ret = h2_address(path, &un);
	if (ret)
		return ret;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* On unix sockets that is at once, or EAGAIN where too many ask. */
	if (connect(fd, (struct sockaddr *)&un, sizeof(un))) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

/**
 * grpc_ask() - call a unary method whose answer does not matter
 * @out: the call, until @done is called
 * @socket: where the server listens
 * @path: the method
 * @msg: its message
 * @len: bytes of it
 * @timeout_ms: how long it may take
 * @done: called once, later, if this returns 0
 * @arg: passed to it
 * Return: 0 or -errno.
 */
int grpc_ask(struct grpc_client **out, const char *socket, const char *path,
	     const uint8_t *msg, size_t len, unsigned int timeout_ms,
	     grpc_done_fn *done, void *arg)
{
	nghttp2_session_callbacks *cb;
	struct grpc_client *c;
	int fd, ret;

	fd = dial(socket);
	if (fd < 0)
		return fd;
	c = calloc(1, sizeof(*c));
	if (!c || nghttp2_session_callbacks_new(&cb)) {
		free(c);
		close(fd);
		return -ENOMEM;
	}
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb,
							       on_stream_gone);
	ret = h2_open(&c->h2, fd, false, cb, c, conn_gone);
	if (ret) {
		free(c);
		return ret;
	}
	c->done = done;
	c->arg = arg;
	c->out_len = len + MESSAGE_PREFIX;
	c->out = message_frame(msg, len);
	ret = c->out ? submit(c, path) : -ENOMEM;
	if (ret) {
		free_client(c);
		return ret;
	}
	timer_set(&c->timer, timeout_ms, too_late);
	h2_flush(&c->h2);
	*out = c;
	return 0;
}

/**
 * grpc_forget() - do not wait for an answer any more
 * @c: the call, or NULL
 */
void grpc_forget(struct grpc_client *c)
{
	if (c)
		free_client(c);
}
