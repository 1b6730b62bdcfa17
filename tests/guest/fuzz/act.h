/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making the calls. An actor is a thread; two may share a process, and with it
 * mappings and descriptors. After the start an actor neither allocates nor maps
 * anything but at addresses of its own: an munmap() of the fuzzer can then not
 * hit what somebody else was given in between.
 *
 * Mappings have slots. Even ones never show the quiet memory and may be written;
 * odd ones may show it, and are never made writable. So no race between two
 * threads about a slot can lead to a store where none may be.
 */
#ifndef COHMEM_FUZZ_ACT_H
#define COHMEM_FUZZ_ACT_H

#include "guest.h"
#include "model.h"
#include "program.h"
#include "step.h"

#define FUZZ_SLOTS	8
#define FUZZ_SLOT_SIZE	(16 * GiB)
#define FUZZ_BUFFER	MiB
#define FUZZ_RING	48
#define FUZZ_EVENTFDS	4

/* An engine's address on the bus: beyond any offset in the coherent memory. */
#define FUZZ_IOVA	(1ULL << 39)

/**
 * struct trace - one step in the log
 * @id: the step
 * @start_ms: since the round began
 * @us: how long it took
 * @ret: what it returned
 * @err: errno
 */
struct trace {
	u64 id;
	u32 start_ms;
	u32 us;
	long ret;
	int err;
};

/**
 * struct stage - what an actor shares with who watches it
 * @since: when its call began
 * @busy: it is in a call
 * @pid: its process
 * @tid: its thread
 * @at: steps begun
 * @fresh: steps that came where nobody had been
 * @ring: its last steps
 */
struct stage {
	struct stopwatch since;
	bool busy;
	int pid;
	int tid;
	unsigned int at;
	unsigned int fresh;
	struct trace ring[FUZZ_RING];
};

/* What goes wrong on purpose, to see that it is seen. */
enum sabotage {
	SABOTAGE_NONE,
	SABOTAGE_MEMORY,	/* somebody writes to the quiet memory */
	SABOTAGE_HANG,		/* a call does not return */
};

/**
 * struct world - one round, as all of its processes see it
 * @d: the device
 * @g: the geometry
 * @program: what is to be done
 * @stage: of each actor; shared
 * @shared: shared, as this is
 * @stop: everybody ends
 * @failed: and that is why
 * @verdict: the reason
 * @faults: the emulator may fail
 * @unbinding: the driver is being unbound, and waits for us
 * @start: when the round began
 * @pm: power management capability
 * @exp: PCI Express capability
 * @eventfd: for interrupts
 * @group_path: the group's file, "" without
 * @cdev_path: the device's own file, "" without
 * @quiet_checks: how often the quiet memory was as it has to be
 * @quiet_refused: how often it could not be had
 * @quiet_turns: how often a page of it was changed
 * @sabotage: what goes wrong on purpose
 * @lenient: errors that are not declared are noted, and no more
 * @odd: of each call, an error that is not declared, or 0
 * @odd_step: the step that had it
 * @calls: how often each call was made
 * @errors: how often it failed
 */
struct world {
	struct dev d;
	struct geometry g;
	struct program program;
	struct stage stage[FUZZ_ACTORS];
	bool stop;
	bool failed;
	char verdict[400];
	bool faults;
	bool unbinding;
	double start;
	unsigned int pm, exp;
	int eventfd[FUZZ_EVENTFDS];
	char group_path[64];
	char cdev_path[64];
	u64 quiet_checks, quiet_refused, quiet_turns;
	enum sabotage sabotage;
	bool lenient;
	int odd[NR_CALLS];
	u64 odd_step[NR_CALLS];
	u64 calls[NR_CALLS], errors[NR_CALLS];
};

/**
 * struct slot - a mapping
 * @len: bytes; 0 without
 */
struct slot {
	u64 len;
};

/**
 * struct proc - what actors of one process share
 * @w: the round
 * @slot: mappings
 * @extra: more descriptors
 * @dmabuf: exports
 * @uffd: the userfaultfd, -1 without
 */
struct proc {
	struct world *w;
	struct slot slot[FUZZ_SLOTS];
	int extra[FUZZ_SLOTS];
	int dmabuf[FUZZ_SLOTS];
	int uffd;
};

struct uring;

/**
 * struct actor - who makes the calls
 * @w: the round
 * @p: its process
 * @nr: its number
 * @base: its own part of the address space
 * @alias: the read-only buffer, writable
 * @pipe: a pipe of its own
 * @uring: a ring of its own, or NULL
 * @aio: an AIO context, 0 without
 */
struct actor {
	struct world *w;
	struct proc *p;
	unsigned int nr;
	u8 *base;
	u8 *alias;
	int pipe[2];
	struct uring *uring;
	unsigned long aio;
};

/* Of one call: what is returned, with errno in @err for -1. */
typedef void fuzz_do(struct actor *a, const struct step *s, struct outcome *o);

/* act.c */
void actor_init(struct actor *a, struct world *w, struct proc *p,
		unsigned int nr);
void proc_init(struct proc *p, struct world *w);
void actor_run(struct actor *a);
void world_fail(struct world *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
u8 *slot_base(unsigned int slot);
int device_fd(struct actor *a, const struct step *s);

/* pointer.c */
void pointer_init(struct actor *a);
void *pointer_lay(struct actor *a, const struct step *s, const void *what,
		  size_t size);
void *pointer_buffer(struct actor *a, const struct step *s);
void outcome(struct outcome *o, long ret);

/* act_vfio.c, act_type1.c, act_io.c, act_mem.c, act_host.c */
fuzz_do do_info, do_irqs, do_reset, do_hot_reset, do_ioeventfd, do_feature,
	do_export, do_dmabuf, do_ioctl, do_open, do_close;
fuzz_do do_dma;
fuzz_do do_pread, do_preadv, do_read, do_splice, do_uring, do_aio, do_file,
	do_config;
fuzz_do do_mmap, do_munmap, do_mremap, do_madvise, do_mprotect, do_mlock,
	do_msync, do_touch, do_fork, do_futex, do_remote, do_pipe, do_uffd,
	do_proc;
fuzz_do do_wake, do_flr, do_sysfs_reset, do_power, do_decode, do_attr,
	do_engine, do_emulator, do_pause;
void uring_init(struct actor *a);

/* quiet.c */
void quiet_fill(struct world *w);
void quiet_owner(struct world *w);

/* kcov.c */
void kcov_init(void);
bool kcov_there(void);
void kcov_start(unsigned int actor);
void kcov_begin(unsigned int actor);
unsigned int kcov_end(unsigned int actor);
unsigned int kcov_reached(void);

/* round.c */
void round_run(struct world *w, const struct program *p);
void world_tell(const struct world *w);

/* A call may take so long, on processors of its own. */
extern unsigned int fuzz_limit_s;

#endif /* COHMEM_FUZZ_ACT_H */
