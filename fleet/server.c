// SPDX-License-Identifier: GPL-2.0-only
/*
 * The server's half of grpc.h.
 *
 * A call is a stream of HTTP/2. Its request is kept until it has ended, its answer
 * until nghttp2 has taken it. A call that has been ended is nobody's but ours; one
 * that goes before tells so by grpc_on_gone().
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "h2.h"

struct conn {
	struct h2 h2;
	struct grpc_server *server;
	struct conn *next;
	struct grpc_call *calls;
};

struct grpc_call {
	struct conn *conn;
	struct grpc_call *next;
	int32_t id;
	bool post;
	bool is_grpc;
	bool compressed;
	bool found;		/* there is a path, known or not */
	const struct grpc_method *method;
	struct message in;
	bool answered;		/* headers have been submitted */
	bool ended;		/* a status is known */
	uint8_t *out;
	size_t out_len;
	size_t out_done;
	enum grpc_status status;
	char *text;
	void (*gone)(void *arg);
	void *gone_arg;
};

struct grpc_server {
	struct watch watch;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	dev_t dev;
	ino_t ino;
	const struct grpc_method *methods;
	void *arg;
	struct conn *conns;
	unsigned int nr_conns;
};

static void free_call(struct grpc_call *call)
{
	struct grpc_call **p;

	for (p = &call->conn->calls; *p != call; p = &(*p)->next)
		;
	*p = call->next;
	if (call->gone)
		call->gone(call->gone_arg);
	free(call->in.data);
	free(call->out);
	free(call->text);
	free(call);
}

static void free_conn(struct conn *c)
{
	struct conn **p;

	for (p = &c->server->conns; *p != c; p = &(*p)->next)
		;
	*p = c->next;
	c->server->nr_conns--;
	h2_close(&c->h2);
	while (c->calls)
		free_call(c->calls);
	free(c);
}

static void conn_gone(struct h2 *h)
{
	free_conn(container_of(h, struct conn, h2));
}

static struct grpc_call *call_of(nghttp2_session *session, int32_t id)
{
	return nghttp2_session_get_stream_user_data(session, id);
}

/* Trailers end a stream, or are all there is of an answer. */
static void put_status(struct grpc_call *call, nghttp2_nv nv[2], char code[12],
		       char **text, size_t *nr)
{
	snprintf(code, 12, "%d", call->status);
	nv[(*nr)++] = h2_header("grpc-status", code);
	*text = call->text && *call->text ? h2_percent(call->text, false) : NULL;
	if (*text)
		nv[(*nr)++] = h2_header("grpc-message", *text);
}

static ssize_t read_answer(nghttp2_session *session, int32_t id, uint8_t *buf,
			   size_t length, uint32_t *flags,
			   nghttp2_data_source *source, void *arg)
{
	struct grpc_call *call = source->ptr;
	size_t n = call->out_len - call->out_done;
	char code[12], *text;
	nghttp2_nv nv[2];
	size_t nr = 0;

	(void)arg;
	if (n > length)
		n = length;
	if (!n && !call->ended)
		return NGHTTP2_ERR_DEFERRED;
	if (n)
		memcpy(buf, call->out + call->out_done, n);
	call->out_done += n;
	if (call->out_done == call->out_len) {
		call->out_done = call->out_len = 0;
		if (call->ended) {
			*flags |= NGHTTP2_DATA_FLAG_EOF |
				  NGHTTP2_DATA_FLAG_NO_END_STREAM;
			put_status(call, nv, code, &text, &nr);
			nghttp2_submit_trailer(session, id, nv, nr);
			free(text);
		}
	}
	return n;
}

static void start_answer(struct grpc_call *call)
{
	nghttp2_data_provider provider = {
		.source.ptr = call, .read_callback = read_answer,
	};
	nghttp2_nv nv[5] = {
		h2_header(":status", "200"),
		h2_header("content-type", "application/grpc"),
		h2_header("grpc-accept-encoding", "identity"),
	};
	bool only_status = call->ended && !call->out_len;
	char code[12], *text = NULL;
	size_t nr = 3;

	if (only_status)
		put_status(call, nv, code, &text, &nr);
	call->answered = true;
	nghttp2_submit_response(call->conn->h2.session, call->id, nv, nr,
				only_status ? NULL : &provider);
	free(text);
}

static void go_on(struct grpc_call *call)
{
	if (call->answered)
		nghttp2_session_resume_data(call->conn->h2.session, call->id);
	else
		start_answer(call);
	h2_flush(&call->conn->h2);
}

/**
 * grpc_reply() - send a message; unary methods send one, and end the call
 * @call: the call
 * @msg: the message
 * @len: bytes of it
 * Return: 0 or -ENOMEM.
 */
int grpc_reply(struct grpc_call *call, const uint8_t *msg, size_t len)
{
	uint8_t *frame = message_frame(msg, len), *more;

	if (!frame)
		return -ENOMEM;
	len += MESSAGE_PREFIX;
	if (call->out_done) {
		call->out_len -= call->out_done;
		memmove(call->out, call->out + call->out_done, call->out_len);
		call->out_done = 0;
	}
	more = realloc(call->out, call->out_len + len);
	if (!more) {
		free(frame);
		return -ENOMEM;
	}
	memcpy(more + call->out_len, frame, len);
	free(frame);
	call->out = more;
	call->out_len += len;
	go_on(call);
	return 0;
}

/**
 * grpc_end() - end a call; what was sent before comes first
 * @call: the call; not to be used after this
 * @status: how it went
 * @text: why, or NULL
 */
void grpc_end(struct grpc_call *call, enum grpc_status status,
	      const char *text)
{
	call->gone = NULL;
	call->ended = true;
	call->status = status;
	call->text = text ? strdup(text) : NULL;
	go_on(call);
}

/**
 * grpc_on_gone() - be told when a call goes that has not been ended
 * @call: the call
 * @fn: called then
 * @arg: passed to it
 */
void grpc_on_gone(struct grpc_call *call, void (*fn)(void *arg), void *arg)
{
	call->gone = fn;
	call->gone_arg = arg;
}

/**
 * grpc_unsent() - what the other end has not taken yet
 * @call: the call
 * Return: bytes.
 */
size_t grpc_unsent(const struct grpc_call *call)
{
	return call->out_len - call->out_done;
}

static int on_begin(nghttp2_session *session, const nghttp2_frame *frame,
		    void *arg)
{
	struct conn *c = arg;
	struct grpc_call *call;

	if (frame->hd.type != NGHTTP2_HEADERS ||
	    frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	call = calloc(1, sizeof(*call));
	if (!call)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	call->conn = c;
	call->id = frame->hd.stream_id;
	call->next = c->calls;
	c->calls = call;
	nghttp2_session_set_stream_user_data(session, call->id, call);
	return 0;
}

static bool equals(const uint8_t *p, size_t len, const char *text)
{
	return len == strlen(text) && !strncasecmp((const char *)p, text, len);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame,
		     const uint8_t *name, size_t namelen, const uint8_t *value,
		     size_t len, uint8_t flags, void *arg)
{
	struct grpc_call *call = call_of(session, frame->hd.stream_id);
	static const char type[] = "application/grpc";
	const struct grpc_method *m;

	(void)flags, (void)arg;
	if (!call)
		return 0;
	if (equals(name, namelen, ":method"))
		call->post = equals(value, len, "POST");
	else if (equals(name, namelen, "content-type"))
		call->is_grpc = len >= strlen(type) &&
				!strncasecmp((const char *)value, type,
					     strlen(type));
	else if (equals(name, namelen, "grpc-encoding"))
		call->compressed = !equals(value, len, "identity");
	else if (equals(name, namelen, ":path"))
		for (m = call->conn->server->methods; m->path; m++)
			if (len == strlen(m->path) &&
			    !memcmp(value, m->path, len))
				call->method = m;
	return 0;
}

/* Not gRPC at all: an answer that HTTP understands. */
static void turn_away(struct grpc_call *call)
{
	nghttp2_nv nv[1] = {
		h2_header(":status", call->post ? "415" : "405"),
	};

	call->ended = true;
	call->answered = true;
	nghttp2_submit_response(call->conn->h2.session, call->id, nv, 1, NULL);
}

static void request_is_whole(struct grpc_call *call)
{
	enum grpc_status status;
	const char *why;

	if (call->ended)
		return;
	if (!call->method) {
		grpc_end(call, GRPC_UNIMPLEMENTED, "there is no such method");
		return;
	}
	status = message_whole(&call->in, &why);
	if (status) {
		grpc_end(call, status, why);
		return;
	}
	call->method->fn(call, call->conn->server->arg,
			 call->in.data + MESSAGE_PREFIX,
			 call->in.len - MESSAGE_PREFIX);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame,
		    void *arg)
{
	struct grpc_call *call;

	(void)arg;
	if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
		return 0;
	call = call_of(session, frame->hd.stream_id);
	if (!call)
		return 0;
	if (frame->hd.type == NGHTTP2_HEADERS && !call->ended) {
		if (!call->post || !call->is_grpc)
			turn_away(call);
		else if (call->compressed)
			grpc_end(call, GRPC_UNIMPLEMENTED,
				 "compressed messages are not understood");
	}
	if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
		request_is_whole(call);
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id,
		   const uint8_t *data, size_t len, void *arg)
{
	struct grpc_call *call = call_of(session, id);
	enum grpc_status status;

	(void)flags, (void)arg;
	if (!call || call->ended)
		return 0;
	status = message_add(&call->in, data, len);
	if (status)
		grpc_end(call, status, "the message is too large");
	return 0;
}

static int on_stream_gone(nghttp2_session *session, int32_t id, uint32_t code,
			  void *arg)
{
	struct grpc_call *call = call_of(session, id);

	(void)code, (void)arg;
	if (call)
		free_call(call);
	return 0;
}

/* Only root and whoever this runs as: the folder's mode says so, too. */
static bool welcome(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) &&
	       (!peer.uid || peer.uid == geteuid());
}

static void on_knock(struct watch *w, uint32_t events)
{
	struct grpc_server *s = container_of(w, struct grpc_server, watch);
	nghttp2_session_callbacks *cb;
	struct conn *c;
	int fd;

	(void)events;
	fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	if (s->nr_conns >= GRPC_MAX_CONNS || !welcome(fd) ||
	    nghttp2_session_callbacks_new(&cb)) {
		close(fd);
		return;
	}
	nghttp2_session_callbacks_set_on_begin_headers_callback(cb, on_begin);
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb,
							       on_stream_gone);
	c = calloc(1, sizeof(*c));
	if (!c) {
		nghttp2_session_callbacks_del(cb);
		close(fd);
		return;
	}
	c->server = s;
	if (h2_open(&c->h2, fd, true, cb, c, conn_gone)) {
		free(c);
		return;
	}
	c->next = s->conns;
	s->conns = c;
	s->nr_conns++;
	h2_flush(&c->h2);
}

/**
 * grpc_listen() - serve on a unix socket
 * @out: the server
 * @path: the socket's file; a socket that is there is replaced
 * @methods: what can be asked for; ends with an entry without a path
 * @arg: passed to them
 * Return: 0 or -errno.
 */
int grpc_listen(struct grpc_server **out, const char *path,
		const struct grpc_method *methods, void *arg)
{
	struct grpc_server *s = calloc(1, sizeof(*s));
	struct sockaddr_un un;
	struct stat st;
	mode_t mask;
	int fd, ret;

	if (!s)
		return -ENOMEM;
	s->methods = methods;
	s->arg = arg;
	ret = h2_address(path, &un);
	if (ret) {
		free(s);
		return ret;
	}
	strcpy(s->path, path);
	if (!lstat(path, &st) && S_ISSOCK(st.st_mode))
		unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		ret = -errno;
		free(s);
		return ret;
	}
	mask = umask(0177);
	ret = bind(fd, (struct sockaddr *)&un, sizeof(un)) ||
	      listen(fd, GRPC_MAX_CONNS) || lstat(path, &st) ? -errno : 0;
	umask(mask);
	if (!ret)
		ret = loop_watch(&s->watch, fd, EPOLLIN, on_knock);
	if (ret) {
		close(fd);
		free(s);
		return ret;
	}
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	*out = s;
	return 0;
}

/**
 * grpc_is_there() - can a server be reached by its file?
 * @s: the server
 * Return: false where somebody has taken the file away.
 */
bool grpc_is_there(const struct grpc_server *s)
{
	struct stat st;

	return !lstat(s->path, &st) && st.st_dev == s->dev &&
	       st.st_ino == s->ino;
}

/**
 * grpc_close() - serve no more: calls end, and are told
 * @s: the server, or NULL
 */
void grpc_close(struct grpc_server *s)
{
	int fd;

	if (!s)
		return;
	while (s->conns)
		free_conn(s->conns);
	/* Not that of somebody else who has taken the place. */
	if (grpc_is_there(s))
		unlink(s->path);
	fd = s->watch.fd;
	loop_unwatch(&s->watch);
	close(fd);
	free(s);
}
