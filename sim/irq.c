// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts: MSI and MSI-X vectors, INTA, and VFIO's error and request notifiers.
 *
 * INTA is a level: it is up from the event until software takes it down in the
 * function. VFIO turns that into messages: signal once, then regard it as
 * masked until the client unmasks, and signal again if it is still up.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "file.h"
#include "sim.h"

/**
 * cohmem_sim_irq_init() - no vector has a receiver
 * @s: the superchip
 */
void cohmem_sim_irq_init(struct sim *s)
{
	unsigned int i;

	for (i = 0; i < SIM_NR_VECTORS; i++)
		s->msix_fd[i] = -1;
	for (i = 0; i < SIM_NR_MSI; i++)
		s->msi_fd[i] = -1;
	s->intx_fd = -1;
	s->err_fd = -1;
	s->req_fd = -1;
}

/**
 * cohmem_sim_irq_count() - how many vectors an interrupt index has
 * @s: the superchip
 * @index: VFIO interrupt index
 * Return: the number, 0 for one that is not there.
 */
u32 cohmem_sim_irq_count(const struct sim *s, u32 index)
{
	switch (index) {
	case SIM_IRQ_MSIX:
		return s->config.nr_msix;
	case SIM_IRQ_MSI:
		return s->config.nr_msi;
	case SIM_IRQ_INTX:
		return s->config.byte[PCI_INTERRUPT_PIN] ? 1 : 0;
	case SIM_IRQ_ERR:
	case SIM_IRQ_REQ:
		return 1;
	default:
		return 0;
	}
}

static int *slot(struct sim *s, u32 index, u32 vector)
{
	if (index == SIM_IRQ_MSIX)
		return &s->msix_fd[vector];
	if (index == SIM_IRQ_MSI)
		return &s->msi_fd[vector];
	if (index == SIM_IRQ_INTX)
		return &s->intx_fd;
	return index == SIM_IRQ_ERR ? &s->err_fd : &s->req_fd;
}

static void replace(int *slot, int fd)
{
	if (*slot >= 0)
		close(*slot);
	*slot = fd;
}

static void disable(struct sim *s, u32 index, u32 start, u32 count)
{
	while (count--)
		replace(slot(s, index, start++), -1);
}

/**
 * cohmem_sim_irq_fini() - forget all receivers
 * @s: the superchip
 */
void cohmem_sim_irq_fini(struct sim *s)
{
	u32 i;

	for (i = 0; i < SIM_NR_IRQS; i++)
		disable(s, i, 0, cohmem_sim_irq_count(s, i));
}

static void wake(int signal)
{
}

/*
 * The eventfd is the client's: full, and blocking, whenever they like it to be,
 * also between a look at it and the write. A timer that goes on until we are
 * back interrupts such a write. (O_NONBLOCK would be seen by the client, whose
 * file it is as well.)
 */
static int signal_fd(int fd)
{
	const struct itimerval often = { { 0, 5000 }, { 0, 5000 } }, off = { };
	const struct sigaction act = { .sa_handler = wake };
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	static bool armed;
	u64 one = 1;
	ssize_t n;

	if (fd < 0 || poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
		return -ENOENT;
	if (!armed && sigaction(SIGALRM, &act, NULL))
		return -ENOENT;
	armed = true;
	if (setitimer(ITIMER_REAL, &often, NULL))
		return -ENOENT;
	n = write(fd, &one, sizeof(one));
	setitimer(ITIMER_REAL, &off, NULL);
	return n == sizeof(one) ? 0 : -ENOENT;
}

static bool may_signal(const struct sim_messages *m, u32 vector)
{
	return vector < m->nr && !m->masked && !(m->mask >> vector & 1);
}

static int deliver(struct sim *s, const struct sim_messages *m, u32 vector)
{
	if (signal_fd(m->msix ? s->msix_fd[vector] : s->msi_fd[vector])) {
		s->count.irqs_lost++;
		return -ENOENT;
	}
	s->count.irqs++;
	return 0;
}

/* What waits is shown: by MSI in config space, by MSI-X in BAR0. */
static void show_pending(struct sim *s, const struct sim_messages *m)
{
	u64 pba = m->msix ? s->pending : 0;

	cohmem_sim_config_pending(&s->config, m->msix ? 0 : s->pending);
	if (s->config.msix && s->bar_size[0] >= SIM_MSIX_BAR0_SIZE &&
	    pwrite(s->bar_fd[0], &pba, sizeof(pba), SIM_MSIX_PBA) != sizeof(pba))
		cohmem_sim_log(s, "BAR0: %s", strerror(errno));
}

/**
 * cohmem_sim_irq_fire() - signal a vector
 * @s: the superchip
 * @vector: which, of MSI-X if that is on, or else of MSI
 *
 * As hardware does: nothing is signalled while both are off in config space,
 * and what is masked waits. (Vectors of MSI-X that are masked by themselves are
 * the client's business, as their table is.)
 *
 * Return: 0, -EINVAL for a vector that is not there, -ENOENT where nobody
 * receives it (counted as lost), -EAGAIN where it waits.
 */
int cohmem_sim_irq_fire(struct sim *s, u32 vector)
{
	struct sim_messages m = cohmem_sim_config_messages(&s->config);

	if (vector >= (m.nr ? m.nr : SIM_NR_MSI))
		return -EINVAL;
	if (cohmem_sim_silent(s) || !m.nr ||
	    cohmem_sim_config_in_d3(&s->config)) {
		s->count.irqs_lost++;
		return -ENOENT;
	}
	if (may_signal(&m, vector))
		return deliver(s, &m, vector);
	s->pending |= 1U << vector;
	show_pending(s, &m);
	return -EAGAIN;
}

static void intx_update(struct sim *s)
{
	cohmem_sim_config_set_intx(&s->config, s->intx_up);
	if (!s->intx_up || s->intx_masked || cohmem_sim_silent(s) ||
	    !cohmem_sim_config_intx_on(&s->config))
		return;
	if (signal_fd(s->intx_fd))
		return;
	s->intx_masked = true;
	s->count.intx++;
}

/**
 * cohmem_sim_irq_update() - let out what is up or pending and now may
 * @s: the superchip; after each change of what decides that
 */
void cohmem_sim_irq_update(struct sim *s)
{
	struct sim_messages m = cohmem_sim_config_messages(&s->config);
	u32 i, was = s->pending;

	intx_update(s);
	if (!was)
		return;
	if (!m.nr)
		s->pending = 0;
	for (i = 0; i < m.nr; i++)
		if ((s->pending >> i & 1) && may_signal(&m, i)) {
			s->pending &= ~(1U << i);
			deliver(s, &m, i);
		}
	if (s->pending != was)
		show_pending(s, &m);
}

/**
 * cohmem_sim_irq_intx() - raise INTA, or take it down
 * @s: the superchip
 * @up: which
 * Return: 0, or -ENOENT where it is up but nobody receives it.
 */
int cohmem_sim_irq_intx(struct sim *s, bool up)
{
	s->intx_up = up;
	cohmem_sim_irq_update(s);
	return up && s->intx_fd < 0 ? -ENOENT : 0;
}

/**
 * cohmem_sim_irq_error() - signal VFIO's error interrupt
 * @s: the superchip
 * Return: 0, or -ENOENT where the client did not ask for it.
 */
int cohmem_sim_irq_error(struct sim *s)
{
	return signal_fd(s->err_fd);
}

static int trigger(struct sim *s, const struct sim_irq_set *set, u32 i)
{
	u32 vector = set->start + i;

	if ((set->flags & VFIO_IRQ_SET_DATA_BOOL) && !set->data[i])
		return 0;
	/* A loop-back test: whoever asks gets it, enabled or not. */
	signal_fd(*slot(s, set->index, vector));
	return 0;
}

/**
 * cohmem_sim_irq_set() - VFIO_USER_DEVICE_SET_IRQS
 * @s: the superchip
 * @set: the request
 *
 * Return: 0; -EINVAL for a request that makes no sense or a descriptor that is
 * no eventfd, -ENOTTY for masking anything but INTA: MSI-X does that in its own
 * table.
 */
int cohmem_sim_irq_set(struct sim *s, struct sim_irq_set *set)
{
	u32 data = set->flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
	u32 action = set->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
	u32 nr = cohmem_sim_irq_count(s, set->index), i;

	if (set->index >= SIM_NR_IRQS)
		return -EINVAL;
	if (set->flags & ~(VFIO_IRQ_SET_DATA_TYPE_MASK |
			   VFIO_IRQ_SET_ACTION_TYPE_MASK))
		return -EINVAL;
	if (!data || (data & (data - 1)) || !action || (action & (action - 1)))
		return -EINVAL;
	if (set->data_len != (data == VFIO_IRQ_SET_DATA_BOOL ? set->count : 0) ||
	    (data != VFIO_IRQ_SET_DATA_EVENTFD && set->nr_fds))
		return -EINVAL;
	for (i = 0; i < set->nr_fds; i++)
		if (!cohmem_sim_file_is_eventfd(set->fds[i]))
			return -EINVAL;
	if (set->start > nr || set->count > nr - set->start)
		return -EINVAL;
	if (!set->count) {
		/* "None of them" is how a whole index is turned off. */
		if (data != VFIO_IRQ_SET_DATA_NONE || set->start ||
		    set->nr_fds || action != VFIO_IRQ_SET_ACTION_TRIGGER)
			return -EINVAL;
		disable(s, set->index, 0, nr);
		return 0;
	}
	if (action != VFIO_IRQ_SET_ACTION_TRIGGER) {
		if (set->index != SIM_IRQ_INTX ||
		    data == VFIO_IRQ_SET_DATA_EVENTFD)
			return -ENOTTY;
		if (data == VFIO_IRQ_SET_DATA_BOOL && !set->data[0])
			return 0;
		s->intx_masked = action == VFIO_IRQ_SET_ACTION_MASK;
		cohmem_sim_irq_update(s);
		return 0;
	}

	if (data == VFIO_IRQ_SET_DATA_EVENTFD) {
		if (!set->nr_fds) {
			disable(s, set->index, set->start, set->count);
			return 0;
		}
		if (set->nr_fds != set->count)
			return -EINVAL;
		for (i = 0; i < set->count; i++) {
			replace(slot(s, set->index, set->start + i),
				set->fds[i]);
			set->fds[i] = -1;
		}
		if (set->index == SIM_IRQ_INTX) {
			s->intx_masked = false;
			cohmem_sim_irq_update(s);
		}
		return 0;
	}
	for (i = 0; i < set->count; i++)
		trigger(s, set, i);
	return 0;
}
