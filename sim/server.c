// SPDX-License-Identifier: GPL-2.0-only
/*
 * The main loop: one client, some control clients, signals, deadlines, and the
 * engine when nothing else is to be done.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server.h"
#include "wire.h"

/* Messages served before the loop looks at its other descriptors again. */
#define BATCH	64
/* A client that has not said hello, or not all of a message, for so long goes. */
#define PATIENCE_MS	5000
/* Who waits for a seat that stays taken is sent away after so long. */
#define QUEUE_MS	2000
/* Without a descriptor for a new connection, look again after so long. */
#define DEAF_MS		200
#define MS		1000000ULL

enum { SLOT_SIGNAL, SLOT_CLIENT, SLOT_LISTEN, SLOT_CONTROL, NR_SLOTS };

/**
 * cohmem_sim_server_open() - listen
 * @v: the server
 * @s: the superchip to serve
 * @socket_path: vfio-user socket
 * @control_path: control socket, or NULL
 * @script: what is written down or replayed, if anything
 *
 * Return: 0, or -errno; cohmem_sim_server_close() is due either way.
 */
int cohmem_sim_server_open(struct sim_server *v, struct sim *s,
			   const char *socket_path, const char *control_path,
			   struct sim_script *script)
{
	memset(v, 0, sizeof(*v));
	v->sim = s;
	v->script = script;
	v->listen_fd = -1;
	v->control_fd = -1;
	v->signal_fd = cohmem_sim_stop_open();
	cohmem_sim_control_init(v);
	if (v->signal_fd < 0)
		return v->signal_fd;
	v->listen_fd = cohmem_sim_listen(socket_path);
	if (v->listen_fd < 0)
		return v->listen_fd;
	v->socket_path = socket_path;
	if (!control_path)
		return 0;
	v->control_fd = cohmem_sim_listen(control_path);
	if (v->control_fd < 0)
		return v->control_fd;
	v->control_path = control_path;
	return 0;
}

static void drop_client(struct sim_server *v, int err)
{
	struct sim *s = v->sim;

	if (err && err != -ENOTCONN)
		s->count.wire_drops++;
	cohmem_sim_log(s, "client gone: %s", strerror(-err));
	cohmem_sim_client_gone(s);
	cohmem_sim_wire_fini(v->wire);
	free(v->wire);
	v->wire = NULL;
	v->queue_ns = 0;
	if (v->once)
		v->stop = true;
}

/**
 * cohmem_sim_server_close() - stop serving and remove the sockets
 * @v: the server
 */
void cohmem_sim_server_close(struct sim_server *v)
{
	if (v->wire)
		drop_client(v, 0);
	cohmem_sim_control_fini(v);
	if (v->listen_fd >= 0)
		close(v->listen_fd);
	if (v->socket_path)
		unlink(v->socket_path);
	if (v->control_fd >= 0)
		close(v->control_fd);
	if (v->control_path)
		unlink(v->control_path);
	cohmem_sim_stop_close();
}

/* A connection could not be taken: it stays readable, so do not look for a while. */
static void go_deaf(struct sim_server *v)
{
	if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
	    errno == ENOBUFS)
		v->deaf_ns = cohmem_sim_real_ns() + DEAF_MS * MS;
}

static void accept_client(struct sim_server *v)
{
	int fd = accept4(v->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	int err;

	if (fd < 0) {
		go_deaf(v);
		return;
	}
	v->wire = calloc(1, sizeof(*v->wire));
	if (!v->wire) {
		close(fd);
		return;
	}
	v->sim->count.clients++;
	v->sim->wire = v->wire;
	v->received = 0;
	v->heard_ns = cohmem_sim_real_ns();
	err = cohmem_sim_wire_init(v->wire, fd);
	if (err)
		drop_client(v, err);
	else
		cohmem_sim_log(v->sim, "client");
}

static int serve_messages(struct sim_server *v)
{
	struct sim_wire *w = v->wire;
	unsigned int i;
	int err;

	for (i = 0; i < BATCH && !cohmem_sim_wire_blocked(w); i++) {
		err = cohmem_sim_wire_receive(w);
		if (err <= 0)
			return err;
		err = cohmem_sim_proto_handle(v->sim, w->in, w->have, w->fds,
					      w->nr_fds);
		cohmem_sim_wire_next(w);
		if (err)
			return err;
	}
	return 0;
}

static void serve_client(struct sim_server *v, short revents)
{
	int err = 0;

	if (revents & POLLOUT)
		err = cohmem_sim_wire_flush(v->wire);
	if (!err && (revents & (POLLIN | POLLHUP | POLLERR)) &&
	    !cohmem_sim_wire_blocked(v->wire))
		err = serve_messages(v);
	else if (!err && (revents & (POLLHUP | POLLERR)))
		err = -ENOTCONN;
	if (err)
		drop_client(v, err);
}

/* Does the client owe us something: a first word, or the rest of a message? */
static bool owes(const struct sim_server *v)
{
	return v->wire && (!v->sim->agreed || v->wire->have || v->wire->nr_fds);
}

/* The only seat: neither kept by who says nothing, nor waited for for ever. */
static void seats(struct sim_server *v, bool somebody_waits)
{
	u64 now = cohmem_sim_real_ns();
	int fd;

	if (!v->wire)
		return;
	if (v->wire->received != v->received) {
		v->received = v->wire->received;
		v->heard_ns = now;
	}
	if (owes(v) && now - v->heard_ns > PATIENCE_MS * MS) {
		drop_client(v, -ETIMEDOUT);
		return;
	}
	if (somebody_waits && !v->queue_ns)
		v->queue_ns = now;
	if (!v->queue_ns || now - v->queue_ns < QUEUE_MS * MS)
		return;
	v->queue_ns = 0;
	while ((fd = accept4(v->listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		close(fd);
	go_deaf(v);
}

static s64 sooner(s64 ms, s64 than)
{
	return ms < 0 || than < ms ? than : ms;
}

static s64 left_ms(u64 since_ns, s64 ms)
{
	s64 left = ms - (s64)((cohmem_sim_real_ns() - since_ns) / MS) + 1;

	return left < 0 ? 0 : left;
}

static int timeout(struct sim_server *v)
{
	s64 ms = cohmem_sim_next_deadline_ms(v->sim), wait;
	unsigned int i;

	if (cohmem_sim_engine_runnable(v->sim))
		return 0;
	for (i = 0; i < SIM_MAX_CONTROL; i++)
		if (cohmem_sim_control_busy(&v->control[i]))
			return 0;
	if (owes(v))
		ms = sooner(ms, left_ms(v->heard_ns, PATIENCE_MS));
	if (v->queue_ns)
		ms = sooner(ms, left_ms(v->queue_ns, QUEUE_MS));
	if (v->deaf_ns)
		ms = sooner(ms, DEAF_MS);
	wait = v->sim->clock.frozen ? -1 :
	       cohmem_sim_script_wait_ms(v->script, v->sim->now_ns);
	if (wait >= 0)
		ms = sooner(ms, wait);
	return ms > 60000 ? 60000 : ms;
}

static void prepare(struct sim_server *v, struct pollfd *p)
{
	unsigned int i;

	p[SLOT_SIGNAL] = (struct pollfd){ v->signal_fd, POLLIN, 0 };
	p[SLOT_CLIENT] = (struct pollfd){ -1, 0, 0 };
	if (v->wire) {
		p[SLOT_CLIENT].fd = v->wire->fd;
		p[SLOT_CLIENT].events = cohmem_sim_wire_blocked(v->wire) ?
					POLLOUT : POLLIN;
	}
	if (v->deaf_ns && cohmem_sim_real_ns() >= v->deaf_ns)
		v->deaf_ns = 0;
	p[SLOT_LISTEN] = (struct pollfd){ v->queue_ns || v->deaf_ns ? -1 :
					  v->listen_fd, POLLIN, 0 };
	p[SLOT_CONTROL] = (struct pollfd){ v->deaf_ns ? -1 : v->control_fd,
					   POLLIN, 0 };
	for (i = 0; i < SIM_MAX_CONTROL; i++) {
		struct sim_control_client *c = &v->control[i];

		p[NR_SLOTS + i] = (struct pollfd){
			c->fd, c->out_sent < c->out_len ? POLLOUT : POLLIN, 0,
		};
	}
}

/**
 * cohmem_sim_server_run() - serve until told to stop
 * @v: the server
 * Return: 0, or -errno where waiting itself failed.
 */
int cohmem_sim_server_run(struct sim_server *v)
{
	struct pollfd p[NR_SLOTS + SIM_MAX_CONTROL];
	unsigned int i;

	while (!v->stop) {
		cohmem_sim_tick(v->sim);
		cohmem_sim_control_replay(v);
		prepare(v, p);
		if (poll(p, NR_SLOTS + SIM_MAX_CONTROL, timeout(v)) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		cohmem_sim_tick(v->sim);
		if (p[SLOT_SIGNAL].revents)
			break;
		if (v->wire && p[SLOT_CLIENT].revents)
			serve_client(v, p[SLOT_CLIENT].revents);
		else if (!v->wire && p[SLOT_LISTEN].revents)
			accept_client(v);
		seats(v, p[SLOT_LISTEN].revents);
		if (p[SLOT_CONTROL].revents && !cohmem_sim_control_accept(v))
			go_deaf(v);
		for (i = 0; i < SIM_MAX_CONTROL; i++)
			if (p[NR_SLOTS + i].revents ||
			    cohmem_sim_control_busy(&v->control[i]))
				cohmem_sim_control_serve(v, i,
						p[NR_SLOTS + i].revents);
		if (v->drop && v->wire)
			drop_client(v, 0);
		v->drop = false;
		if (cohmem_sim_engine_runnable(v->sim))
			cohmem_sim_engine_step(v->sim);
	}
	return 0;
}
