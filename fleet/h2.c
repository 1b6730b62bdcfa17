// SPDX-License-Identifier: GPL-2.0-only
/* See h2.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "h2.h"

/* Bytes that are read at once. */
#define CHUNK	16384

static void send_all(struct h2 *h)
{
	ssize_t n;

	while (!h->dead) {
		if (!h->out_len) {
			n = nghttp2_session_mem_send(h->session, &h->out);
			if (n < 0)
				h->dead = true;
			if (n <= 0)
				break;
			h->out_len = n;
		}
		n = send(h->watch.fd, h->out, h->out_len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			h->dead = true;
			break;
		}
		h->out += n;
		h->out_len -= n;
	}
	if (!h->dead && !h->out_len && !nghttp2_session_want_read(h->session) &&
	    !nghttp2_session_want_write(h->session))
		h->dead = true;
	loop_want(&h->watch, h->out_len ? EPOLLOUT : EPOLLIN);
}

static void receive(struct h2 *h)
{
	uint8_t buf[CHUNK];
	ssize_t n = recv(h->watch.fd, buf, sizeof(buf), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || nghttp2_session_mem_recv(h->session, buf, n) != n)
		h->dead = true;
}

/* Why the connection ends, if it can be said without waiting. */
static void last_words(struct h2 *h)
{
	const uint8_t *p;
	ssize_t n;

	while (!h->out_len &&
	       (n = nghttp2_session_mem_send(h->session, &p)) > 0)
		if (send(h->watch.fd, p, n, MSG_NOSIGNAL) != n)
			break;
}

/* While they do not take what they are sent, they are not listened to. */
static void on_event(struct watch *w, uint32_t events)
{
	struct h2 *h = container_of(w, struct h2, watch);

	(void)events;
	h->busy = true;
	if (!h->out_len && !h->dead)
		receive(h);
	if (h->dead)
		last_words(h);
	else
		send_all(h);
	h->busy = false;
	if (h->dead)
		h->gone(h);
}

/**
 * h2_flush() - send what there is to be sent
 * @h: the connection
 *
 * It may be gone afterwards, unless this is called from one of its callbacks.
 */
void h2_flush(struct h2 *h)
{
	if (h->busy)
		return;
	h->busy = true;
	send_all(h);
	h->busy = false;
	/* Whoever calls has more to do with it: the loop finds it dead. */
	if (h->dead)
		shutdown(h->watch.fd, SHUT_RDWR);
}

/*
 * A server takes what nghttp2 would call no HTTP: kubelets before 1.26 put the
 * socket's path into :authority, where no slash may be. What else it would have seen,
 * the server looks at for itself: method, path and type of a request.
 */
static int new_server(struct h2 *h, nghttp2_session_callbacks *callbacks,
		      void *arg)
{
	nghttp2_option *option;
	int ret = nghttp2_option_new(&option);

	if (ret)
		return ret;
	nghttp2_option_set_no_http_messaging(option, 1);
	ret = nghttp2_session_server_new2(&h->session, callbacks, arg, option);
	nghttp2_option_del(option);
	return ret;
}

/**
 * h2_open() - make a connection of a socket
 * @h: the connection
 * @fd: the socket, which does not block; it is the connection's then
 * @server: they are the client
 * @callbacks: what nghttp2 calls; freed here
 * @arg: passed to them
 * @gone: called when it has ended by itself
 * Return: 0 or -errno; the socket is closed then.
 */
int h2_open(struct h2 *h, int fd, bool server,
	    nghttp2_session_callbacks *callbacks, void *arg,
	    void (*gone)(struct h2 *h))
{
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
		  server ? GRPC_MAX_CALLS : 0 },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 16384 },
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
	};
	int ret;

	memset(h, 0, sizeof(*h));
	h->watch.fd = -1;
	h->gone = gone;
	ret = server ? new_server(h, callbacks, arg) :
		       nghttp2_session_client_new(&h->session, callbacks, arg);
	nghttp2_session_callbacks_del(callbacks);
	if (ret) {
		h->session = NULL;
		close(fd);
		return -ENOMEM;
	}
	/* Push is for a client to refuse. */
	ret = nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, settings,
				      server ? 2 : 3);
	ret = ret ? -ENOMEM : loop_watch(&h->watch, fd, EPOLLIN, on_event);
	if (ret) {
		nghttp2_session_del(h->session);
		h->session = NULL;
		close(fd);
	}
	return ret;
}

/**
 * h2_close() - end a connection; callbacks for its streams do not come any more
 * @h: the connection
 */
void h2_close(struct h2 *h)
{
	int fd = h->watch.fd;

	if (fd < 0)
		return;
	loop_unwatch(&h->watch);
	nghttp2_session_del(h->session);
	h->session = NULL;
	close(fd);
}

/**
 * h2_header() - a header field
 * @name: its name, in lower case
 * @value: its value; both are copied when they are submitted
 * Return: it.
 */
nghttp2_nv h2_header(const char *name, const char *value)
{
	return (nghttp2_nv){
		.name = (uint8_t *)name, .namelen = strlen(name),
		.value = (uint8_t *)value, .valuelen = strlen(value),
	};
}

/**
 * h2_address() - the address of a unix socket
 * @path: its file
 * @un: the address
 * Return: 0, or -ENAMETOOLONG.
 */
int h2_address(const char *path, struct sockaddr_un *un)
{
	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(un->sun_path))
		return -ENAMETOOLONG;
	strcpy(un->sun_path, path);
	return 0;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/**
 * h2_percent() - a text as grpc-message wants it, or what such a one says
 * @text: the text
 * @decode: the way back
 * Return: allocated, or NULL.
 */
char *h2_percent(const char *text, bool decode)
{
	char *out = malloc(3 * strlen(text) + 1), *o = out;
	const char *p;

	for (p = text; out && *p; p++) {
		if (decode && *p == '%' && hex(p[1]) >= 0 && hex(p[2]) >= 0 &&
		    (hex(p[1]) || hex(p[2]))) {
			*o++ = hex(p[1]) << 4 | hex(p[2]);
			p += 2;
		} else if (!decode && (*p < ' ' || *p > '~' || *p == '%')) {
			o += sprintf(o, "%%%02X", (unsigned char)*p);
		} else {
			*o++ = *p;
		}
	}
	if (out)
		*o = '\0';
	return out;
}

/**
 * message_add() - bytes of a message have come
 * @m: the message
 * @data: the bytes
 * @len: how many
 * Return: GRPC_OK, or why that cannot be.
 */
enum grpc_status message_add(struct message *m, const uint8_t *data,
			     size_t len)
{
	uint8_t *more;

	if (len > GRPC_MAX_MESSAGE + MESSAGE_PREFIX - m->len)
		return GRPC_RESOURCE_EXHAUSTED;
	more = realloc(m->data, m->len + len + 1);
	if (!more)
		return GRPC_RESOURCE_EXHAUSTED;
	memcpy(more + m->len, data, len);
	m->data = more;
	m->len += len;
	return GRPC_OK;
}

/**
 * message_whole() - is this one whole message, and nothing else?
 * @m: what has come, to its end
 * @why: why not, in words
 * Return: GRPC_OK, or what is wrong with it.
 */
enum grpc_status message_whole(const struct message *m, const char **why)
{
	const uint8_t *p = m->data;

	if (m->len < MESSAGE_PREFIX) {
		*why = "a message is cut off, or none came";
		return GRPC_INTERNAL;
	}
	if (p[0]) {
		*why = "compressed messages are not understood";
		return GRPC_UNIMPLEMENTED;
	}
	if (((uint32_t)p[1] << 24 | p[2] << 16 | p[3] << 8 | p[4]) !=
	    m->len - MESSAGE_PREFIX) {
		*why = "not exactly one message came";
		return GRPC_INTERNAL;
	}
	return GRPC_OK;
}

/**
 * message_frame() - a message with its five bytes in front
 * @msg: the message
 * @len: bytes of it
 * Return: allocated, @len + MESSAGE_PREFIX bytes; or NULL.
 */
uint8_t *message_frame(const uint8_t *msg, size_t len)
{
	uint8_t *p = malloc(len + MESSAGE_PREFIX);

	if (!p)
		return NULL;
	p[0] = 0;
	p[1] = len >> 24;
	p[2] = len >> 16;
	p[3] = len >> 8;
	p[4] = len;
	if (len)
		memcpy(p + MESSAGE_PREFIX, msg, len);
	return p;
}
