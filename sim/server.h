/* SPDX-License-Identifier: GPL-2.0-only */
/* The main loop, and the control socket it serves. */
#ifndef COHMEM_SIM_SERVER_H
#define COHMEM_SIM_SERVER_H

#include <poll.h>

#include "sim.h"

#define SIM_MAX_CONTROL		16
#define SIM_CONTROL_LINE	65536

/* A client of the control socket. */
struct sim_control_client {
	int fd;			/* -1: free */
	char *line;		/* SIM_CONTROL_LINE */
	size_t have;
	bool skip;		/* the present line was too long */
	char *out;
	size_t out_len, out_sent;
};

struct sim_server {
	struct sim *sim;
	int listen_fd;
	int control_fd;		/* -1 without a control socket */
	int signal_fd;
	const char *socket_path, *control_path;
	struct sim_wire *wire;	/* NULL without a client */
	struct sim_control_client control[SIM_MAX_CONTROL];
	bool once, stop, drop;
};

int cohmem_sim_server_open(struct sim_server *v, struct sim *s,
			   const char *socket_path, const char *control_path);
int cohmem_sim_server_run(struct sim_server *v);
void cohmem_sim_server_close(struct sim_server *v);

/* control.c */
void cohmem_sim_control_init(struct sim_server *v);
void cohmem_sim_control_fini(struct sim_server *v);
void cohmem_sim_control_accept(struct sim_server *v);
void cohmem_sim_control_serve(struct sim_server *v, unsigned int client,
			      short revents);

/* commands.c */
struct json_object;
struct json_object *cohmem_sim_command(struct sim_server *v, char *line);

/* net.c */
int cohmem_sim_listen(const char *path);
int cohmem_sim_connect(const char *path);

#endif /* COHMEM_SIM_SERVER_H */
