// SPDX-License-Identifier: GPL-2.0-only
/* Pages held hostage, calls with a deadline, and attributes that are awaited. */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hold.h"

/**
 * hold_init() - two pages in a row, both there and zero
 * @h: filled
 */
void hold_init(struct hold *h)
{
	struct uffdio_api api = { .api = UFFD_API };

	h->page = facts()->page;
	h->uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (h->uffd < 0)
		SKIP("no userfaultfd: %s", strerror(errno));
	CHECK(!ioctl(h->uffd, UFFDIO_API, &api), "UFFDIO_API: %s",
	      strerror(errno));
	h->base = mmap(NULL, 2 * h->page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(h->base != MAP_FAILED, "mmap: %s", strerror(errno));
	memset(h->base, 0, 2 * h->page);
}

/**
 * hold_page() - from now on, who misses this page waits for us
 * @h: the pages
 * @nr: which, 0 or 1; still there until hold_take_back()
 */
void hold_page(struct hold *h, unsigned int nr)
{
	struct uffdio_register reg = {
		.range = { (uintptr_t)h->base + nr * h->page, h->page },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	CHECK(!ioctl(h->uffd, UFFDIO_REGISTER, &reg), "UFFDIO_REGISTER: %s",
	      strerror(errno));
}

/**
 * hold_take_back() - a held page is missing again
 * @h: the pages
 * @nr: which
 */
void hold_take_back(struct hold *h, unsigned int nr)
{
	CHECK(!madvise(h->base + nr * h->page, h->page, MADV_DONTNEED),
	      "madvise: %s", strerror(errno));
}

/**
 * hold_wanted() - wait until somebody misses a page
 * @h: the pages
 * @page: which one, 0 or 1
 * @ms: for how long
 * Return: true if somebody does.
 */
bool hold_wanted(struct hold *h, u64 *page, unsigned int ms)
{
	struct pollfd p = { .fd = h->uffd, .events = POLLIN };
	struct uffd_msg msg;

	if (poll(&p, 1, ms) != 1 || read(h->uffd, &msg, sizeof(msg)) < 0)
		return false;
	CHECK_EQ(msg.event, UFFD_EVENT_PAGEFAULT);
	*page = (msg.arg.pagefault.address - (uintptr_t)h->base) / h->page;
	return true;
}

/**
 * hold_give() - fill a missing page and let go who waits for it
 * @h: the pages
 * @nr: which
 * @with: a page of bytes, or NULL for zeros
 */
void hold_give(struct hold *h, unsigned int nr, const void *with)
{
	u64 at = (uintptr_t)h->base + nr * h->page;
	struct uffdio_zeropage zero = { .range = { at, h->page } };
	struct uffdio_copy copy = {
		.dst = at, .src = (uintptr_t)with, .len = h->page,
	};
	int ret = with ? ioctl(h->uffd, UFFDIO_COPY, &copy) :
			 ioctl(h->uffd, UFFDIO_ZEROPAGE, &zero);

	/* there already: somebody has touched it before it was held */
	CHECK(!ret || errno == EEXIST, "give page: %s", strerror(errno));
}

static void *job_run(void *arg)
{
	struct job *j = arg;
	double start = now_ms();

	errno = 0;
	j->ret = j->fn(j->arg);
	j->err = errno;
	j->ms = now_ms() - start;
	__atomic_store_n(&j->done, true, __ATOMIC_RELEASE);
	return NULL;
}

/**
 * job_start() - run a call in a thread
 * @j: filled
 * @fn: the call
 * @arg: its argument
 */
void job_start(struct job *j, long (*fn)(void *), void *arg)
{
	memset(j, 0, sizeof(*j));
	j->fn = fn;
	j->arg = arg;
	CHECK(!pthread_create(&j->thread, NULL, job_run, j), "thread");
}

/**
 * job_ended() - wait for a call, not for ever
 * @j: the call
 * @ms: how long
 * Return: true if it has ended.
 */
bool job_ended(struct job *j, unsigned int ms)
{
	double end = now_ms() + ms;

	while (!__atomic_load_n(&j->done, __ATOMIC_ACQUIRE)) {
		if (now_ms() > end)
			return false;
		sleep_ms(2);
	}
	return true;
}

/**
 * job_join() - a call has to end in time, or the test does
 * @j: the call
 * @what: its name
 * @ms: how long it may take from now on
 */
void job_join(struct job *j, const char *what, unsigned int ms)
{
	CHECK(job_ended(j, ms), "%s has not returned after %u ms", what, ms);
	pthread_join(j->thread, NULL);
}

/**
 * poll_until() - wait for a condition
 * @cond: the condition
 * @arg: its argument
 * @ms: how long
 * Return: true if it holds.
 */
bool poll_until(bool (*cond)(void *), void *arg, unsigned int ms)
{
	double end = now_ms() + ms;

	while (!cond(arg)) {
		if (now_ms() > end)
			return false;
		sleep_ms(5);
	}
	return true;
}

/**
 * attr_becomes() - wait for what an attribute of the driver reads
 * @name: the attribute
 * @want: what it shall read
 * @ms: how long
 * Return: true if it does.
 */
bool attr_becomes(const char *name, const char *want, unsigned int ms)
{
	double end = now_ms() + ms;
	char text[256];

	for (;;) {
		attr_read(name, text, sizeof(text));
		if (!strcmp(text, want))
			return true;
		if (now_ms() > end)
			return false;
		sleep_ms(5);
	}
}

/**
 * attr_is() - an attribute of the driver has to read so
 * @name: the attribute
 * @want: what it must read
 */
void attr_is(const char *name, const char *want)
{
	char text[256];
	int len = attr_read(name, text, sizeof(text));

	CHECK(len >= 0, "no attribute %s: %s", name, strerror(-len));
	CHECK(!strcmp(text, want), "%s is \"%s\", not \"%s\"", name, text,
	      want);
}

/**
 * attr_write() - write an attribute of the driver
 * @name: the attribute
 * @value: what to write
 */
void attr_write(const char *name, const char *value)
{
	int ret = file_write(dev_path("cohmem/%s", name), value);

	CHECK(!ret, "%s to %s: %s", value, name, strerror(-ret));
}

/**
 * kmsg_count() - how many lines of the kernel log hold some words
 * @fd: from kmsg_open(); all of it is passed over
 * @needle: the words
 * Return: the number.
 */
unsigned int kmsg_count(int fd, const char *needle)
{
	unsigned int nr = 0;

	while (kmsg_find(fd, needle, NULL, 0))
		nr++;
	return nr;
}
