/* SPDX-License-Identifier: GPL-2.0-only */
/* The main loop, and the control socket it serves. */
#ifndef COHMEM_SIM_SERVER_H
#define COHMEM_SIM_SERVER_H

#include <poll.h>

#include "script.h"
#include "sim.h"

#define SIM_MAX_CONTROL		16
#define SIM_CONTROL_LINE	65536

struct json_object;

/* A client of the control socket. */
struct sim_control_client {
	int fd;			/* -1: free */
	char *line;		/* SIM_CONTROL_LINE */
	size_t have;
	bool skip;		/* the present line was too long */
	char *out;
	size_t out_len, out_sent;
	/* A command that takes long is done a piece at a time. */
	struct json_object *reply;	/* its answer-to-be, or NULL */
	u64 crc_pos, crc_left;
	u32 crc;
};

struct sim_server {
	struct sim *sim;
	int listen_fd;
	int control_fd;		/* -1 without a control socket */
	int signal_fd;
	const char *socket_path, *control_path;
	struct sim_wire *wire;	/* NULL without a client */
	struct sim_control_client control[SIM_MAX_CONTROL];
	struct sim_script *script;
	bool once, stop, drop;
	u64 received;		/* bytes from the client when last looked at */
	u64 heard_ns;		/* when there were more of them */
	u64 queue_ns;		/* since when somebody waits for its seat, or 0 */
	u64 deaf_ns;		/* no connection is taken until then */
};

int cohmem_sim_server_open(struct sim_server *v, struct sim *s,
			   const char *socket_path, const char *control_path,
			   struct sim_script *script);
int cohmem_sim_server_run(struct sim_server *v);
void cohmem_sim_server_close(struct sim_server *v);

/* control.c */
void cohmem_sim_control_init(struct sim_server *v);
void cohmem_sim_control_fini(struct sim_server *v);
bool cohmem_sim_control_accept(struct sim_server *v);
void cohmem_sim_control_replay(struct sim_server *v);
bool cohmem_sim_control_busy(const struct sim_control_client *c);
void cohmem_sim_control_serve(struct sim_server *v, unsigned int client,
			      short revents);

/* commands.c */
struct json_object *cohmem_sim_command(struct sim_server *v,
				       struct sim_control_client *c, char *line);

/* cmd_bytes.c */
bool cohmem_sim_crc_step(struct sim *s, struct sim_control_client *c);

/* stop.c */
int cohmem_sim_stop_open(void);
void cohmem_sim_stop_close(void);

/* net.c */
int cohmem_sim_listen(const char *path);
int cohmem_sim_connect(const char *path);

#endif /* COHMEM_SIM_SERVER_H */
