// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target for the emulator's wire: one input is what one client sends.
 *
 * The whole server runs in this process on a socket pair, so that framing,
 * messages, DMA table, interrupts and engine are all reached. meson.build says
 * how to run it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drive.h"
#include "model.h"
#include "sim.h"
#include "wire.h"

/* Engine turns after each message: a job of gigabytes is cut off here. */
#define MAX_STEPS	16

const char fuzz_name[] = "sim";
const char fuzz_promise[] = "nothing on the wire ends the emulator";

static struct sim *superchip(void)
{
	static struct sim s;
	static bool made;
	const char *why;
	char path[64];
	struct sim_setup setup = {
		.hbm_size = 1 << 20, .hbm_path = path,
		.bar_size = { [0] = 16 << 20, [2] = 1 << 20 },
		.bar_bits = { [0] = SIM_BAR_BITS, [2] = SIM_BAR_BITS },
		.cxl_timeout = { 1, 1 },
	};
	int fd;

	if (made)
		return &s;
	fd = memfd_create("hbm", 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	setup.model = cohmem_sim_model_find("next");
	setup.device_id = setup.model->device_id;
	if (fd < 0 || cohmem_sim_init(&s, &setup, &why))
		abort();
	made = true;
	return &s;
}

/* Throw away what the emulator says, so that it is never blocked by us. */
static void drain(int fd)
{
	static char junk[1 << 16];

	while (recv(fd, junk, sizeof(junk), MSG_DONTWAIT) > 0)
		;
}

static int serve(struct sim *s, struct sim_wire *w, int peer)
{
	unsigned int i;
	int err = 1;

	while (err > 0 && !cohmem_sim_wire_blocked(w)) {
		err = cohmem_sim_wire_receive(w);
		if (err <= 0)
			return err;
		err = cohmem_sim_proto_handle(s, w->in, w->have, w->fds,
					      w->nr_fds);
		cohmem_sim_wire_next(w);
		for (i = 0; i < MAX_STEPS && cohmem_sim_engine_runnable(s); i++)
			cohmem_sim_engine_step(s);
		drain(peer);
		if (cohmem_sim_wire_flush(w) || err)
			return -1;
		err = 1;
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sim *s = superchip();
	struct sim_wire w;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		abort();
	if (cohmem_sim_wire_init(&w, pair[0]))
		abort();
	/* Nothing is served before a version is agreed on: half of the inputs try. */
	s->agreed = size % 2;
	s->wire = &w;
	fcntl(pair[1], F_SETFL, O_NONBLOCK);
	while (size) {
		size_t piece = size < 65536 ? size : 65536;

		if (send(pair[1], data, piece, MSG_NOSIGNAL) != (ssize_t)piece ||
		    serve(s, &w, pair[1]))
			break;
		data += piece;
		size -= piece;
	}
	cohmem_sim_client_gone(s);
	cohmem_sim_wire_fini(&w);
	close(pair[1]);
	/* Each input begins with the same machine. */
	cohmem_sim_reset(s, SIM_RESET_POWER_ON);
	return 0;
}
