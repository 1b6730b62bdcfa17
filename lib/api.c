// SPDX-License-Identifier: GPL-2.0-only
/*
 * What strangers see of the model: objects stay closed, so that they can grow
 * without anybody being compiled anew. The command reads the objects themselves.
 */
#include <stdlib.h>

#include "internal.h"
#include "operate.h"

/* Somebody else may change the bindings between a plan and its run. */
#define MAX_TRIES	3

/**
 * cohmem_version() - the version of the library
 * Return: as in "0.1.0".
 */
const char *cohmem_version(void)
{
	return COHMEM_VERSION;
}

/**
 * cohmem_why_reason() - the kind of the last failure
 * @ctx: the context
 * Return: one stable word: error.reason of cohmem-json(5).
 */
const char *cohmem_why_reason(const struct cohmem_ctx *ctx)
{
	return ctx->why.reason ? ctx->why.reason : cohmem_error_word(0);
}

/**
 * cohmem_why_subject() - what the last failure was about
 * @ctx: the context
 * Return: address, path or module; empty where there is none.
 */
const char *cohmem_why_subject(const struct cohmem_ctx *ctx)
{
	return ctx->why.subject;
}

/**
 * cohmem_why_what() - the last failure as a sentence
 * @ctx: the context
 * Return: what could not be done, and why; valid until the next failure.
 */
const char *cohmem_why_what(const struct cohmem_ctx *ctx)
{
	return ctx->why.what;
}

/**
 * cohmem_why_hint() - the way out of the last failure
 * @ctx: the context
 * Return: what a person can do, in the words of the command; may be empty.
 */
const char *cohmem_why_hint(const struct cohmem_ctx *ctx)
{
	return ctx->why.hint;
}

/**
 * cohmem_func_bdf() - the address of a function
 * @f: the function
 * Return: as in "0009:01:00.0".
 */
const char *cohmem_func_bdf(const struct cohmem_func *f)
{
	return f->bdf;
}

/**
 * cohmem_func_name() - a name for people
 * @f: the function
 * Return: the name, never empty.
 */
const char *cohmem_func_name(const struct cohmem_func *f)
{
	return f->name;
}

/**
 * cohmem_func_vendor() - who made a function
 * @f: the function
 * Return: its vendor id; 0 where that cannot be read.
 */
uint16_t cohmem_func_vendor(const struct cohmem_func *f)
{
	return f->vendor;
}

/**
 * cohmem_func_device() - which part a function is
 * @f: the function
 * Return: its device id; 0 where that cannot be read.
 */
uint16_t cohmem_func_device(const struct cohmem_func *f)
{
	return f->device;
}

/**
 * cohmem_func_driver() - the driver a function is bound to
 * @f: the function
 * Return: its name; empty for none.
 */
const char *cohmem_func_driver(const struct cohmem_func *f)
{
	return f->driver;
}

/**
 * cohmem_func_override() - what driver_override says
 * @f: the function
 * Return: a driver's name; empty for none.
 */
const char *cohmem_func_override(const struct cohmem_func *f)
{
	return f->override;
}

/**
 * cohmem_func_numa_node() - the NUMA node a function is close to
 * @f: the function
 * Return: the node, or -1.
 */
int cohmem_func_numa_node(const struct cohmem_func *f)
{
	return f->numa_node;
}

/**
 * cohmem_func_group() - the IOMMU group of a function
 * @f: the function
 * Return: N of /dev/vfio/N, or -1 for none.
 */
int cohmem_func_group(const struct cohmem_func *f)
{
	return f->group;
}

/**
 * cohmem_func_cdev() - the device file of a function that VFIO has
 * @f: the function
 * Return: N of /dev/vfio/devices/vfioN, or -1 for none.
 */
int cohmem_func_cdev(const struct cohmem_func *f)
{
	return f->vfio_cdev;
}

/**
 * cohmem_func_is_vfio() - can a user of VFIO open a function?
 * @f: the function
 * Return: true if it is bound to a driver of VFIO's.
 */
bool cohmem_func_is_vfio(const struct cohmem_func *f)
{
	return f->is_vfio;
}

/**
 * cohmem_func_health() - how a function is, all in all
 * @ctx: the context
 * @f: the function, loaded
 * Return: "ok", "attention" (usable, and somebody should look), "failed" (not
 * usable) or "unknown".
 */
const char *cohmem_func_health(struct cohmem_ctx *ctx,
			       const struct cohmem_func *f)
{
	struct cohmem_health h;

	cohmem_health(ctx, f, &h);
	return cohmem_status_name(h.status);
}

/**
 * cohmem_func_issue() - what is worth knowing before a function is handed out
 * @ctx: the context
 * @f: the function, loaded
 * @nr: 0 for the first, and so on
 * Return: one stable word, or NULL where there are no more.
 */
const char *cohmem_func_issue(struct cohmem_ctx *ctx,
			      const struct cohmem_func *f, unsigned int nr)
{
	struct cohmem_health h;
	unsigned int i;

	cohmem_health(ctx, f, &h);
	for (i = 0; i < COHMEM_NR_ISSUES; i++)
		if (h.issues & 1U << i && !nr--)
			return cohmem_issue_name(i);
	return NULL;
}

/**
 * cohmem_func_available() - can a virtual machine have a function now?
 * @ctx: the context
 * @f: the function, loaded
 * @why: why not, in one stable word, or NULL where it can; may be NULL
 * Return: 1 if so, 0 if not, -1 where nobody can tell.
 */
int cohmem_func_available(struct cohmem_ctx *ctx, const struct cohmem_func *f,
			  const char **why)
{
	struct cohmem_health h;

	cohmem_health(ctx, f, &h);
	if (why)
		*why = h.why;
	return h.available;
}

/**
 * cohmem_func_persistent() - is a function given to VFIO at each boot?
 * @ctx: the context
 * @f: the function
 * Return: true if so, by COHMEM_BIND_PERSIST.
 */
bool cohmem_func_persistent(const struct cohmem_ctx *ctx,
			    const struct cohmem_func *f)
{
	return cohmem_is_persistent(ctx, f->bdf);
}

/**
 * cohmem_memory_state() - what is known of a function's coherent memory
 * @f: the function, loaded
 * Return: the state.
 */
enum cohmem_mem_state cohmem_memory_state(const struct cohmem_func *f)
{
	return f->memory.state;
}

/**
 * cohmem_memory_reason() - why its memory cannot be used
 * @f: the function, loaded
 * Return: one stable word, as in "link-down", where the state is COHMEM_MEM_BAD;
 * else NULL.
 */
const char *cohmem_memory_reason(const struct cohmem_func *f)
{
	return f->memory.state == COHMEM_MEM_BAD ?
	       cohmem_reason_name(f->memory.reason) : NULL;
}

/**
 * cohmem_memory_why() - why its memory cannot be used, or is not known
 * @f: the function, loaded
 * Return: a sentence where the state is COHMEM_MEM_BAD or COHMEM_MEM_UNKNOWN; else
 * NULL.
 */
const char *cohmem_memory_why(const struct cohmem_func *f)
{
	switch (f->memory.state) {
	case COHMEM_MEM_BAD:
		return cohmem_reason_str(f->memory.reason);
	case COHMEM_MEM_UNKNOWN:
		return f->memory.why_unknown;
	case COHMEM_MEM_ABSENT:
	case COHMEM_MEM_OK:
		break;
	}
	return NULL;
}

/**
 * cohmem_memory_range() - where its memory is in the host's address space
 * @f: the function, loaded
 * @base: physical address; may be NULL
 * @size: bytes; may be NULL
 * Return: 0, or -ENODATA where the state is not COHMEM_MEM_OK.
 */
int cohmem_memory_range(const struct cohmem_func *f, uint64_t *base,
			uint64_t *size)
{
	if (f->memory.state != COHMEM_MEM_OK || !f->memory.has_base)
		return -ENODATA;
	if (base)
		*base = f->memory.base;
	if (size)
		*size = f->memory.size;
	return 0;
}

/**
 * cohmem_memory_region() - where a guest finds its memory
 * @f: the function, loaded
 * @nr: 0 for the first region, and so on
 * @bar: index of the BAR; may be NULL, as all that follow
 * @base: physical address of what is behind it
 * @size: bytes behind it
 * @bar_size: bytes of the BAR: a power of two; what is beyond @size is padding
 * Return: 0, or -ENOENT where there are no more, or the layout is not known.
 */
int cohmem_memory_region(const struct cohmem_func *f, unsigned int nr,
			 unsigned int *bar, uint64_t *base, uint64_t *size,
			 uint64_t *bar_size)
{
	const struct cohmem_region *r;

	if (nr >= f->memory.layout.nr)
		return -ENOENT;
	r = &f->memory.layout.region[nr];
	if (bar)
		*bar = r->bar;
	if (base)
		*base = r->base;
	if (size)
		*size = r->size;
	if (bar_size)
		*bar_size = r->region_size;
	return 0;
}

/**
 * cohmem_fact() - what the driver tells of a function it is bound to
 * @f: the function, loaded
 * @key: name of the file in sysfs: "ready_state", "poison_count" and so on
 * @number: the number, of a file that holds one; else 0; may be NULL
 * @word: the word, of a file that holds one; else NULL; may be NULL
 * Return: 0; -ENOENT where the driver does not tell, -EINVAL where there is no
 * such key, or -errno of reading it.
 */
int cohmem_fact(const struct cohmem_func *f, const char *key,
		uint64_t *number, const char **word)
{
	const struct cohmem_fact *fact;
	unsigned int i;

	if (number)
		*number = 0;
	if (word)
		*word = NULL;
	for (i = 0; i < COHMEM_NR_FACTS; i++)
		if (cohmem_fact_def(i)->of & COHMEM_FACT_OF_GPU &&
		    !strcmp(cohmem_fact_def(i)->file, key))
			break;
	if (i == COHMEM_NR_FACTS)
		return -EINVAL;
	if (!f->bound.valid)
		return -ENOENT;
	fact = &f->bound.fact[i];
	if (fact->error)
		return fact->error;
	if (cohmem_fact_def(i)->kind == COHMEM_FACT_WORD) {
		if (word)
			*word = fact->word;
	} else if (number) {
		*number = fact->number;
	}
	return 0;
}

/**
 * cohmem_bad_page() - a page of its memory that has gone bad
 * @f: the function, loaded
 * @nr: 0 for the first, and so on
 * @address: its physical address
 * Return: 0; -ENOENT where there are no more, or -errno where the list is not
 * known.
 */
int cohmem_bad_page(const struct cohmem_func *f, unsigned int nr,
		    uint64_t *address)
{
	if (f->bound.poison_error)
		return f->bound.poison_error;
	if (nr >= f->bound.nr_poison)
		return -ENOENT;
	*address = f->bound.poison[nr];
	return 0;
}

/**
 * cohmem_users_foreach() - processes that hold a function open
 * @ctx: the context
 * @f: the function
 * @fn: called with each: its id, its name, the name of the virtual machine that it
 *	runs (or empty), the device file
 * @arg: passed to @fn
 *
 * A VFIO group held open counts for all its functions: the kernel sees it so.
 *
 * Return: how many; or -EAGAIN if there may be more than were told, as only root
 * sees all.
 */
int cohmem_users_foreach(struct cohmem_ctx *ctx, const struct cohmem_func *f,
			 cohmem_user_fn *fn, void *arg)
{
	int nr = cohmem_users(ctx, f, NULL, 0), i;
	struct cohmem_user *users;

	if (nr > 0) {
		users = calloc(nr, sizeof(*users));
		if (!users)
			return -ENOMEM;
		nr = cohmem_users(ctx, f, users, nr);
		for (i = 0; i < nr; i++)
			fn(arg, users[i].pid, users[i].comm, users[i].guest,
			   users[i].path);
		free(users);
	}
	return cohmem_users_unknown(ctx, f) ? -EAGAIN : nr;
}

/* Make a plan and run it, anew where the host has changed in between. */
static int make_and_run(struct cohmem_ctx *ctx, const char *bdf,
			const char *driver, unsigned int flags, bool bind)
{
	char full[COHMEM_BDF_LEN];
	struct cohmem_plan *plan;
	int tries, ret;

	ret = cohmem_bdf_normalise(bdf, full);
	if (ret)
		return cohmem_fail(ctx, ret, bdf, NULL, "not a PCI address");
	plan = calloc(1, sizeof(*plan));
	if (!plan)
		return cohmem_fail(ctx, -ENOMEM, full, NULL, "out of memory");
	for (tries = 1; ; tries++) {
		ret = bind ? cohmem_plan_bind(ctx, full, driver, flags, plan) :
			     cohmem_plan_unbind(ctx, full, flags, plan);
		if (!ret)
			ret = cohmem_plan_run(ctx, plan, NULL, NULL);
		cohmem_plan_free(plan);
		if (ret != -EAGAIN || ctx->signo || tries == MAX_TRIES)
			break;
	}
	free(plan);
	return ret;
}

/**
 * cohmem_bind() - hand a function to a driver of VFIO's
 * @ctx: the context; scan it again afterwards
 * @bdf: the function
 * @driver: the driver; COHMEM_DRIVER where NULL
 * @flags: COHMEM_BIND_*
 *
 * As cohmem-bind(8): what was before is recorded, a failure undoes what was done,
 * and what is bound already stays so. A signal that ends programs waits while this
 * runs, undoes it, and is told by cohmem_interrupted(): the caller should end.
 *
 * Return: 0 or -errno, explained.
 */
int cohmem_bind(struct cohmem_ctx *ctx, const char *bdf, const char *driver,
		unsigned int flags)
{
	return make_and_run(ctx, bdf, driver, flags, true);
}

/**
 * cohmem_unbind() - give a function back to the driver it had
 * @ctx: the context; scan it again afterwards
 * @bdf: the function
 * @flags: COHMEM_BIND_FORCE: although somebody holds it open
 *
 * As cohmem-unbind(8). Signals as with cohmem_bind().
 *
 * Return: 0 or -errno, explained.
 */
int cohmem_unbind(struct cohmem_ctx *ctx, const char *bdf, unsigned int flags)
{
	return make_and_run(ctx, bdf, NULL, flags, false);
}
