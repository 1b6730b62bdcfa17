// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control socket: lines in, lines of JSON out, one for one.
 *
 * It may be reached through a virtio-serial port, that is, through a connection
 * that stays open for the life of the VM, adds carriage returns, and cuts lines
 * anywhere: so a line ends at its line feed and nowhere else, empty lines mean
 * nothing, and a client may be silent for ever.
 *
 * A turn of the main loop is one line of each client, or a piece of a command
 * that takes long: the function's own client waits meanwhile.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server.h"

/**
 * cohmem_sim_control_init() - no client
 * @v: the server
 */
void cohmem_sim_control_init(struct sim_server *v)
{
	unsigned int i;

	for (i = 0; i < SIM_MAX_CONTROL; i++)
		v->control[i].fd = -1;
}

static void hang_up(struct sim_control_client *c)
{
	if (c->fd < 0)
		return;
	close(c->fd);
	free(c->line);
	free(c->out);
	json_object_put(c->reply);
	*c = (struct sim_control_client){ .fd = -1 };
}

/**
 * cohmem_sim_control_fini() - hang up on everybody
 * @v: the server
 */
void cohmem_sim_control_fini(struct sim_server *v)
{
	unsigned int i;

	for (i = 0; i < SIM_MAX_CONTROL; i++)
		hang_up(&v->control[i]);
}

/**
 * cohmem_sim_control_accept() - a new client, if there is room for it
 * @v: the server
 * Return: false where no connection could be taken, with errno set.
 */
bool cohmem_sim_control_accept(struct sim_server *v)
{
	int fd = accept4(v->control_fd, NULL, NULL,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);
	unsigned int i;

	if (fd < 0)
		return false;
	for (i = 0; i < SIM_MAX_CONTROL; i++) {
		struct sim_control_client *c = &v->control[i];

		if (c->fd >= 0)
			continue;
		c->line = malloc(SIM_CONTROL_LINE);
		if (!c->line)
			break;
		c->fd = fd;
		return true;
	}
	close(fd);
	return true;
}

/**
 * cohmem_sim_control_busy() - is there something to do for a client?
 * @c: the client
 * Return: true if so: a whole line has come, or a command goes on.
 */
bool cohmem_sim_control_busy(const struct sim_control_client *c)
{
	return c->fd >= 0 && !c->out_len &&
	       (c->reply || (c->have && memchr(c->line, '\n', c->have)));
}

static int flush(struct sim_control_client *c)
{
	while (c->out_sent < c->out_len) {
		ssize_t n = send(c->fd, c->out + c->out_sent,
				 c->out_len - c->out_sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		c->out_sent += n;
	}
	free(c->out);
	c->out = NULL;
	c->out_len = c->out_sent = 0;
	return 0;
}

static int answer(struct sim_control_client *c, struct json_object *o)
{
	const char *text = json_object_to_json_string_ext(o,
						JSON_C_TO_STRING_PLAIN);
	size_t len = strlen(text);
	char *out = realloc(c->out, c->out_len + len + 1);

	if (!out) {
		json_object_put(o);
		return -ENOMEM;
	}
	memcpy(out + c->out_len, text, len);
	out[c->out_len + len] = '\n';
	c->out = out;
	c->out_len += len + 1;
	json_object_put(o);
	return flush(c);
}

static struct json_object *too_long(void)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "ok", json_object_new_boolean(false));
	json_object_object_add(o, "error",
			       json_object_new_string("the line is too long"));
	return o;
}

static int got_line(struct sim_server *v, struct sim_control_client *c,
		    size_t len)
{
	struct json_object *o;

	if (c->skip) {
		c->skip = false;
		return answer(c, too_long());
	}
	while (len && (c->line[len - 1] == '\r' || c->line[len - 1] == ' '))
		len--;
	c->line[len] = 0;
	if (!len)
		return 0;
	cohmem_sim_script_note(v->script, v->sim->now_ns, c->line);
	o = cohmem_sim_command(v, c, c->line);
	if (c->reply)
		return 0;
	return o ? answer(c, o) : -ENOMEM;
}

/**
 * cohmem_sim_control_replay() - run the commands of the script that are due
 * @v: the server
 *
 * Nobody hears the answers; one that takes long (a CRC) has none.
 */
void cohmem_sim_control_replay(struct sim_server *v)
{
	struct sim_control_client nobody = { .fd = -1 };
	struct json_object *o;
	char *line;

	while ((line = cohmem_sim_script_due(v->script, v->sim->now_ns))) {
		cohmem_sim_log(v->sim, "replay: %s", line);
		o = cohmem_sim_command(v, &nobody, line);
		json_object_put(o);
		nobody.reply = NULL;
		free(line);
	}
}

static int go_on(struct sim_server *v, struct sim_control_client *c)
{
	struct json_object *o = c->reply;

	if (!cohmem_sim_crc_step(v->sim, c))
		return 0;
	c->reply = NULL;
	return answer(c, o);
}

/* Serve one line, if a whole one has come and the last one is answered. */
static int serve_line(struct sim_server *v, struct sim_control_client *c)
{
	char *end;
	int err = 0;

	if (c->reply)
		return go_on(v, c);
	end = c->out_len ? NULL : memchr(c->line, '\n', c->have);
	if (end) {
		size_t len = end - c->line;

		err = got_line(v, c, len);
		c->have -= len + 1;
		memmove(c->line, end + 1, c->have);
	}
	if (c->have == SIM_CONTROL_LINE && !memchr(c->line, '\n', c->have)) {
		c->skip = true;
		c->have = 0;
	}
	return err;
}

/**
 * cohmem_sim_control_serve() - a client has something, or takes something
 * @v: the server
 * @client: which
 * @revents: what poll said
 */
void cohmem_sim_control_serve(struct sim_server *v, unsigned int client,
			      short revents)
{
	struct sim_control_client *c = &v->control[client];
	ssize_t n;
	int err;

	err = flush(c);
	if (!err)
		err = serve_line(v, c);
	if (!err && !c->out_len && c->have < SIM_CONTROL_LINE &&
	    (revents & (POLLIN | POLLHUP | POLLERR))) {
		n = recv(c->fd, c->line + c->have, SIM_CONTROL_LINE - c->have,
			 MSG_DONTWAIT);
		if (n > 0) {
			c->have += n;
		} else if (!n || (errno != EAGAIN && errno != EINTR)) {
			err = -ENOTCONN;
		}
	}
	if (err)
		hang_up(c);
}
