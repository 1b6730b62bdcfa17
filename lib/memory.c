// SPDX-License-Identifier: GPL-2.0-only
/*
 * From what is announced to what a guest will see: by the same arithmetic as
 * the driver's, so that a layout shown before binding is the one after it.
 *
 * The bound driver knows best. Without it firmware's tables and the DVSECs are
 * read; where one of them cannot be, the answer is "unknown" and says why.
 */
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"
#include "operate.h"
#include "regs.h"

#define CONFIG_EXTENDED	4096

/**
 * cohmem_page_size() - the page size of the host
 * @ctx: the context
 * Return: bytes; a recorded host has it in the first mapping of smaps
 * ("KernelPageSize:  4 kB"), else 4096 is assumed.
 */
u64 cohmem_page_size(struct cohmem_ctx *ctx)
{
	char text[2048], *p;
	u64 kb;

	if (ctx->live)
		return sysconf(_SC_PAGESIZE);
	cohmem_read_str(ctx, "/proc/self/smaps", text, sizeof(text));
	p = strstr(text, "KernelPageSize:");
	kb = p ? strtoull(p + strlen("KernelPageSize:"), NULL, 10) : 0;
	/* A power of two, or nothing that could be a page. */
	return kb && !(kb & (kb - 1)) && kb <= 1024 ? kb * 1024 : 4096;
}

/*
 * Does the range overlap "System RAM"? Only root sees the addresses: others
 * read zeroes. Returns 1, 0, or -1 for "nobody knows".
 */
static int overlaps_ram(struct cohmem_ctx *ctx, u64 base, u64 size)
{
	unsigned long long start, end;
	bool found = false, seen = false;
	char line[256];
	FILE *f;
	int fd;

	fd = cohmem_open_file(ctx, "/proc/iomem", 0);
	if (fd < 0)
		return -1;
	f = fdopen(fd, "r");
	if (!f) {
		close(fd);
		return -1;
	}
	while (!found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx-%llx :", &start, &end) != 2 ||
		    end <= start)
			continue;
		seen = true;
		if (strstr(line, ": System RAM"))
			found = start < base + size && end >= base;
	}
	fclose(f);
	return seen ? found : -1;
}

static bool has(const struct cohmem_dsd *d, enum cohmem_prop p)
{
	return d->present & 1U << p;
}

static bool opaque(const struct cohmem_dsd *d, enum cohmem_prop p)
{
	return d->opaque & 1U << p;
}

static void bad(struct cohmem_memory *m, enum cohmem_reason reason)
{
	m->state = COHMEM_MEM_BAD;
	m->reason = reason;
}

static void unknown(struct cohmem_memory *m, const char *why,
		    const char *hint)
{
	m->state = COHMEM_MEM_UNKNOWN;
	m->why_unknown = why;
	m->hint = hint;
}

/* The memory as the tables announce it: state, base and size. */
static void from_firmware(struct cohmem_ctx *ctx, const struct cohmem_func *f,
			  struct cohmem_memory *m)
{
	const struct cohmem_dsd *d = &f->dsd;
	bool base = f->announced && has(d, COHMEM_MEM_BASE);
	bool size = f->announced && has(d, COHMEM_MEM_SIZE);

	switch (ctx->acpi.error) {
	case 0:
		break;
	case -EACCES:
	case -EPERM:
		unknown(m, "only root can read the ACPI tables",
			"run as root");
		return;
	case -ENOENT:
		unknown(m, "this host shows no ACPI tables",
			"bind it: the driver asks the firmware");
		return;
	default:
		unknown(m, "the ACPI tables could not be read",
			"bind it: the driver asks the firmware");
		return;
	}

	/* What is in none of the tables may be in the one nobody could read. */
	if ((!base || !size) && ctx->acpi.bad_table[0]) {
		cohmem_fmt(ctx->acpi.bad_words, sizeof(ctx->acpi.bad_words),
			   "ACPI table %s %s", ctx->acpi.bad_table,
			   ctx->acpi.bad_why);
		unknown(m, ctx->acpi.bad_words,
			"bind it: the driver asks the firmware");
		return;
	}
	m->source = COHMEM_SOURCE_FIRMWARE;
	if (!base && !size) {
		m->state = COHMEM_MEM_ABSENT;
		return;
	}
	if (base != size) {
		bad(m, COHMEM_ERR_INCOMPLETE);
		return;
	}
	if (opaque(d, COHMEM_MEM_BASE) || opaque(d, COHMEM_MEM_SIZE)) {
		unknown(m, "firmware computes what it announces",
			"bind it: the driver asks the firmware");
		return;
	}
	m->base = d->value[COHMEM_MEM_BASE];
	m->size = d->value[COHMEM_MEM_SIZE];
	m->has_base = true;
	m->state = COHMEM_MEM_OK;
}

/* The regions that follow from base, size and DVSECs. */
static void lay_out(struct cohmem_ctx *ctx, const struct cohmem_func *f,
		    struct cohmem_memory *m)
{
	int onlined = overlaps_ram(ctx, m->base, m->size);
	bool fixed = f->has_nv_dvsec &&
		     f->nv_flags & COHMEM_DVSEC_NVIDIA_MIG_FIXED;
	const struct cohmem_placement *place;
	enum cohmem_reason reason;
	bool guess;

	place = cohmem_placement_for(f->vendor, f->device, fixed);
	reason = cohmem_layout_compute(place, m->base, m->size,
				       cohmem_page_size(ctx), 0, &m->layout);
	/*
	 * NVIDIA's own driver puts the memory online as System RAM and takes
	 * it off line when it lets go: no obstacle yet.
	 */
	m->onlined = reason == COHMEM_OK ? onlined : -1;
	if (m->onlined == 1 && (!f->driver[0] || f->is_vfio)) {
		memset(&m->layout, 0, sizeof(m->layout));
		reason = COHMEM_ERR_SYSTEM_RAM;
	}
	/* A DVSEC that was not seen is not one that is not there. */
	guess = f->config_size < CONFIG_EXTENDED;
	if (reason != COHMEM_OK &&
	    !(guess && reason == COHMEM_ERR_TOO_SMALL)) {
		bad(m, reason);
		return;
	}
	if (guess)
		memset(&m->layout, 0, sizeof(m->layout));
	else
		m->placement = place->name;
}

/**
 * cohmem_memory_load() - fill in a function's memory
 * @ctx: the context; the ACPI tables have been looked at
 * @f: the function, everything else loaded
 */
void cohmem_memory_load(struct cohmem_ctx *ctx, struct cohmem_func *f)
{
	struct cohmem_memory *m = &f->memory;

	memset(m, 0, sizeof(*m));
	m->onlined = -1;
	if (f->bound.valid && !cohmem_bound_layout(ctx, f, m)) {
		/* VFIO's driver refuses what the host uses. */
		m->onlined = 0;
		return;
	}
	from_firmware(ctx, f, m);
	if (m->state == COHMEM_MEM_OK)
		lay_out(ctx, f, m);
}

/**
 * cohmem_source_name() - who says how the memory is laid out
 * @source: the source
 * Return: one stable word.
 */
const char *cohmem_source_name(enum cohmem_source source)
{
	switch (source) {
	case COHMEM_SOURCE_DRIVER:
		return "driver";
	case COHMEM_SOURCE_FIRMWARE:
		return "firmware";
	case COHMEM_SOURCE_NONE:
		break;
	}
	return "none";
}
