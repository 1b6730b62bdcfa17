// SPDX-License-Identifier: GPL-2.0-only
/* "show" as text. */
#include <stdarg.h>
#include <stdlib.h>

#include "print_text.h"
#include "regs.h"

#define INDENT	15

static unsigned int width = 80;

__attribute__((format(printf, 2, 3)))
static void line(const char *label, const char *fmt, ...)
{
	char *text, *safe, first[INDENT + 1];
	va_list ap;

	snprintf(first, sizeof(first), "  %-12s ", label);
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	safe = text ? escape(text, false) : NULL;
	if (safe)
		say_wrapped(width, first, INDENT, safe);
	free(safe);
	free(text);
}

static void show_driver(const struct view *v)
{
	const struct cohmem_func *f = v->f;
	char before[COHMEM_NAME_LEN + 32] = "";
	char override[COHMEM_NAME_LEN + 32] = "";

	if (v->has_record)
		snprintf(before, sizeof(before), "; before bind: %s",
			 v->record.member[0].driver[0] ?
			 v->record.member[0].driver : "none");
	if (f->override[0])
		snprintf(override, sizeof(override), " (driver_override %s)",
			 f->override);
	line("driver", "%s%s%s", f->driver[0] ? f->driver : "none", override,
	     before);
	if (v->persistent)
		line("at boot", "given to VFIO by a rule of bind --persist");
}

/* A fact, or a question mark. */
static const char *fact(const struct cohmem_func *f, enum cohmem_fact_id id)
{
	static char text[4][COHMEM_NAME_LEN];
	static unsigned int at;
	char *out = text[at++ % 4];

	if (!cohmem_fact_known(f, id))
		return "?";
	if (cohmem_fact_def(id)->kind == COHMEM_FACT_WORD)
		return cohmem_fact_word(f, id);
	snprintf(out, COHMEM_NAME_LEN, "%llu",
		 (unsigned long long)cohmem_fact_number(f, id));
	return out;
}

static bool says(const struct cohmem_func *f, enum cohmem_fact_id id,
		 const char *word)
{
	return !strcmp(cohmem_fact_word(f, id), word);
}

static void show_ready(const struct cohmem_func *f)
{
	char after[COHMEM_NAME_LEN + 16] = "";

	if (says(f, COHMEM_FACT_READY_STATE,
		 cohmem_ready_state_name(COHMEM_READY)))
		snprintf(after, sizeof(after), " after %s ms",
			 fact(f, COHMEM_FACT_READY_MS));
	else if (says(f, COHMEM_FACT_READY_STATE,
		      cohmem_ready_state_name(COHMEM_WAITING)))
		snprintf(after, sizeof(after), " (looked at while it is open)");
	else if (!says(f, COHMEM_FACT_READY_FAIL, "none"))
		snprintf(after, sizeof(after), ": %s",
			 fact(f, COHMEM_FACT_READY_FAIL));
	line("readiness", "%s%s; reset generation %s",
	     fact(f, COHMEM_FACT_READY_STATE), after,
	     fact(f, COHMEM_FACT_GENERATION));
}

/* A count, the addresses that are listed, and what else there is to say. */
static void show_addresses(const struct cohmem_func *f, const char *label,
			   enum cohmem_fact_id id, const u64 *address,
			   unsigned int nr, const char *more, const char *after)
{
	u64 count = cohmem_fact_number(f, id);
	char *list = calloc(nr + 2, 24);
	unsigned int i;
	size_t n = 0;

	if (!list)
		return;
	for (i = 0; i < nr; i++)
		n += sprintf(list + n, "%s0x%llx", i ? " " : ": ",
			     (unsigned long long)address[i]);
	if (nr && count > nr)
		sprintf(list + n, " and %llu more",
			(unsigned long long)(count - nr));
	line(label, "%s%s%s%s", fact(f, id), more, list, after);
	free(list);
}

static void show_poison(const struct cohmem_func *f)
{
	const struct cohmem_bound *b = &f->bound;
	char policy[COHMEM_NAME_LEN + 16] = "";

	if (cohmem_fact_known(f, COHMEM_FACT_POISON_POLICY))
		snprintf(policy, sizeof(policy), "; policy %s",
			 fact(f, COHMEM_FACT_POISON_POLICY));
	show_addresses(f, "bad pages", COHMEM_FACT_POISON_COUNT, b->poison,
		       b->nr_poison,
		       cohmem_fact_number(f, COHMEM_FACT_POISON_OVERFLOW) ?
		       " and more" : "", policy);
}

static void show_scrub(const struct cohmem_func *f)
{
	u64 skipped = cohmem_fact_number(f, COHMEM_FACT_SCRUB_SKIPPED);
	char done[96] = "", left[64] = "", size[32];

	if (skipped)
		snprintf(left, sizeof(left), ", %s left out",
			 human_size(skipped, size));

	if (cohmem_fact_known(f, COHMEM_FACT_SCRUB_BYTES) &&
	    !says(f, COHMEM_FACT_SCRUB_RESULT, "none"))
		snprintf(done, sizeof(done), " (%s in %s ms%s)",
			 human_size(cohmem_fact_number(f,
					COHMEM_FACT_SCRUB_BYTES), size),
			 fact(f, COHMEM_FACT_SCRUB_MS), left);
	line("scrub", "%s; %s; last: %s%s%s", fact(f, COHMEM_FACT_SCRUB),
	     fact(f, COHMEM_FACT_SCRUB_STATE),
	     fact(f, COHMEM_FACT_SCRUB_RESULT), done,
	     !cohmem_fact_known(f, COHMEM_FACT_SCRUB_DIRTY) ?
	     "; nobody knows whether memory holds data of its last user" :
	     cohmem_fact_number(f, COHMEM_FACT_SCRUB_DIRTY) ?
	     "; memory may hold data of its last user" : "");
	/* The kernel's: docs/sysfs-abi, scrub. */
	if (!f->is_egm && cohmem_fact_known(f, COHMEM_FACT_SCRUB) &&
	    !says(f, COHMEM_FACT_SCRUB, "off"))
		line("", "not reached: what another device was given of the memory by a type1 DMA mapping");
	if (cohmem_fact_known(f, COHMEM_FACT_SCRUB_CPUS))
		line("", "by CPUs %s%s", fact(f, COHMEM_FACT_SCRUB_CPUS),
		     cohmem_fact_number(f, COHMEM_FACT_SCRUB_ACCEPT_BAD) ?
		     "; handed out although bad pages were left out" : "");
	if (cohmem_fact_number(f, COHMEM_FACT_FLUSH_ON_RESET))
		line("caches", "flushed before a reset");
}

/* A GPU's line about the EGM of its socket; of an older driver only the numbers. */
static void show_near_egm(const struct view *v)
{
	const struct cohmem_func *f = v->f;
	char size[32];

	if (v->egm && v->egm->state == COHMEM_EGM_STATE_REFUSED)
		line("EGM", "%s refused (%s)", v->egm->unit.bdf, v->egm->word);
	else if (v->egm)
		line("EGM", "%s, %s, %s: CPU memory of the socket that firmware lends to machines with its GPUs",
		     v->egm->unit.bdf, v->egm->unit.memory.size ?
		     human_size(v->egm->unit.memory.size, size) : "size unknown",
		     cohmem_egm_state_name(v->egm->state));
	else if (cohmem_egm_refusal(f)[0])
		line("EGM", "refused (%s)", cohmem_egm_refusal(f));
	else if (cohmem_egm_is_off(f))
		line("EGM", "turned off in firmware");
}

static void show_place(const struct view *v)
{
	const struct cohmem_func *f = v->f;
	u64 start = cohmem_fact_number(f, COHMEM_FACT_PXM_START);
	u64 count = cohmem_fact_number(f, COHMEM_FACT_PXM_COUNT);

	if (f->numa_node >= 0)
		line("NUMA node", "%d", f->numa_node);
	if (cohmem_fact_known(f, COHMEM_FACT_SOCKET))
		line("socket", "%s", fact(f, COHMEM_FACT_SOCKET));
	if (cohmem_fact_known(f, COHMEM_FACT_PXM_START))
		line("PXMs", "%llu to %llu, for the memory's nodes",
		     (unsigned long long)start,
		     (unsigned long long)(start + (count ? count - 1 : 0)));
	show_near_egm(v);
}

static void show_bound(const struct cohmem_func *f)
{
	if (!f->bound.valid || says(f, COHMEM_FACT_MODE, "plain"))
		return;
	show_ready(f);
	show_poison(f);
	show_scrub(f);
}

static void show_firmware(const struct cohmem_func *f)
{
	const struct cohmem_dsd *d = &f->dsd;
	unsigned int i;

	line("ACPI", "%s", f->acpi_path[0] ? f->acpi_path : "no object");
	for (i = 0; f->announced && i < COHMEM_NR_PROPS; i++) {
		if (!(d->present & 1U << i))
			continue;
		if (d->opaque & 1U << i)
			line("", "%-28s computed by firmware",
			     cohmem_prop_name(i));
		else if (i == COHMEM_PXM_START || i == COHMEM_PXM_COUNT ||
			 i == COHMEM_DSD_EGM_PXM)
			line("", "%-28s %llu", cohmem_prop_name(i),
			     (unsigned long long)d->value[i]);
		else
			line("", "%-28s 0x%llx", cohmem_prop_name(i),
			     (unsigned long long)d->value[i]);
	}
}

static void show_config(const struct cohmem_func *f)
{
	if (f->config_size < 4096) {
		line("DVSECs", "not readable (%u bytes of config space are)",
		     f->config_size);
		return;
	}
	if (!f->is_selfhosted && !f->has_nv_dvsec && !f->has_cxl_dvsec)
		return;
	if (f->has_nv_dvsec)
		line("DVSECs", "NVIDIA id %d, flags 0x%04x: MIG bug %s",
		     COHMEM_DVSEC_NVIDIA_ID, f->nv_flags,
		     f->nv_flags & COHMEM_DVSEC_NVIDIA_MIG_FIXED ?
		     "fixed" : "present");
	else
		line("DVSECs", "no NVIDIA id %d: MIG bug assumed",
		     COHMEM_DVSEC_NVIDIA_ID);
	if (f->has_cxl_dvsec)
		line("", "CXL Device, capability 0x%04x: memory %s",
		     f->cxl_cap, f->cxl_cap & COHMEM_CXL_CAP_MEM_CAPABLE ?
		     "capable, readiness by range registers" : "not capable");
}

static void show_bars(const struct cohmem_func *f)
{
	bool first = true, any = false;
	char size[32];
	int i;

	for (i = 0; i < COHMEM_NR_BARS; i++) {
		const struct cohmem_bar_info *b = &f->bar[i];

		if (!b->size)
			continue;
		line(first ? "real BARs" : "", "BAR%d 0x%llx, %s, %s%s%s", i,
		     (unsigned long long)b->base, human_size(b->size, size),
		     b->is_io ? "I/O" : b->is_64 ? "64-bit" : "32-bit",
		     b->prefetch ? " prefetchable" : "",
		     cohmem_layout_at_bar(&f->memory.layout, i) ? " *" : "");
		first = false;
		any |= cohmem_layout_at_bar(&f->memory.layout, i) != NULL;
	}
	if (any)
		line("", "* with " COHMEM_DRIVER " a guest sees coherent memory instead");
}

static const char *viability(const struct cohmem_func *f)
{
	switch (cohmem_func_viability(f)) {
	case COHMEM_VIABLE_BRIDGE:
		return "bridge, does not count";
	case COHMEM_VIABLE_UNBOUND:
		return "unbound";
	case COHMEM_VIABLE_VFIO:
		return "VFIO";
	case COHMEM_NOT_VIABLE:
		break;
	}
	return "in use by the host";
}

static void show_group(struct cli *cli, const struct cohmem_func *f)
{
	struct cohmem_func *g;
	unsigned int others = 0;

	if (f->group < 0) {
		line("IOMMU group", "%s", cohmem_has_iommu(cli->ctx) ?
		     "none yet (older kernels make it when a driver is bound)" :
		     "none");
		return;
	}
	cohmem_group_foreach(cli->ctx, f, g)
		others += g != f;
	line("IOMMU group", "%d%s", f->group, others ? ", together with" :
	     ", alone");
	cohmem_group_foreach(cli->ctx, f, g)
		if (g != f)
			line("", "%s %s (%s%s%s)", g->bdf, g->name,
			     g->driver, g->driver[0] ? ", " : "",
			     viability(g));
	if (f->is_vfio && f->vfio_cdev >= 0)
		line("VFIO", "/dev/vfio/%d, /dev/vfio/devices/vfio%d", f->group,
		     f->vfio_cdev);
	else if (f->is_vfio)
		line("VFIO", "/dev/vfio/%d", f->group);
}

static void show_users(const struct view *v)
{
	unsigned int i;

	for (i = 0; i < v->nr_users; i++)
		line(i ? "" : "held by", "%s (pid %d%s%s): %s",
		     v->user[i].comm, v->user[i].pid,
		     v->user[i].guest[0] ? ", guest " : "", v->user[i].guest,
		     v->user[i].path);
}

static void show_memory(const struct cohmem_memory *m)
{
	char size[32];

	switch (m->state) {
	case COHMEM_MEM_OK:
		line("memory", "%s at 0x%llx, %s%s (%s says)",
		     human_size(m->size, size), (unsigned long long)m->base,
		     m->placement ? "laid out " : "layout unknown",
		     m->placement ? m->placement : "",
		     cohmem_source_name(m->source));
		break;
	case COHMEM_MEM_ABSENT:
		line("memory", "none announced");
		break;
	case COHMEM_MEM_BAD:
		line("memory", "unusable (%s)", cohmem_reason_name(m->reason));
		break;
	case COHMEM_MEM_UNKNOWN:
		line("memory", "unknown");
		break;
	}
}

static const char *id(const struct cohmem_func *f, enum cohmem_id which,
		      u16 value, char buf[8])
{
	if (f->unknown & 1U << which)
		return "????";
	snprintf(buf, 8, "%04x", value);
	return buf;
}

static void show_health(const struct view *v)
{
	char health[256] = "";
	unsigned int i;

	for (i = 0; i < COHMEM_NR_ISSUES; i++)
		if (v->health.issues & 1U << i && i != COHMEM_ISSUE_UNKNOWN)
			snprintf(health + strlen(health),
				 sizeof(health) - strlen(health), "%s%s",
				 health[0] ? ", " : ": ", cohmem_issue_name(i));
	line("health", "%s%s", cohmem_status_name(v->health.status), health);
	if (v->f->is_vfio || v->f->is_egm)
		line("available", "%s%s", v->health.available > 0 ? "yes" :
		     v->health.available ? "unknown: " : "no: ",
		     v->health.why ? v->health.why : "");
}

static void show_hints(const struct view *v)
{
	unsigned int i;

	for (i = 0; i < v->nr_hints; i++) {
		if (!i)
			say("\n");
		say_wrapped(width, "  ! ", 4, shown(v->hint[i].what));
		if (v->hint[i].way_out[0])
			say_wrapped(width, "    -> ", 7,
				    shown(v->hint[i].way_out));
	}
}

/* Who has it, as far as the driver says and processes show. */
static void show_egm_user(const struct view *v)
{
	const char *user = v->egm->user;

	if (v->egm->state != COHMEM_EGM_STATE_READY)
		return;
	if (!user[0])
		line("user", "?");
	else if (!strcmp(user, "-"))
		line("user", "none");
	else if (!strcmp(user, v->f->bdf))
		line("user", "whoever has /dev/%s open", user);
	else
		line("user", "whoever has %s open, through its region", user);
	show_users(v);
}

static void show_egm_range(const struct cohmem_memory *m)
{
	char size[32], at[32] = "";

	if (m->state != COHMEM_MEM_OK) {
		line("memory", "unknown");
		return;
	}
	if (m->has_base)
		snprintf(at, sizeof(at), " at 0x%llx", (unsigned long long)m->base);
	line("memory", "%s%s (%s says)", human_size(m->size, size), at,
	     cohmem_source_name(m->source));
}

static void show_egm(const struct view *v)
{
	const struct cohmem_egm *e = v->egm;
	const struct cohmem_func *u = v->f;
	unsigned int i;

	say("%s  %s\n", u->bdf, u->name);
	if (e->state == COHMEM_EGM_STATE_REFUSED)
		line("state", "%s (%s)", cohmem_egm_state_name(e->state), e->word);
	else
		line("state", "%s", cohmem_egm_state_name(e->state));
	show_health(v);
	show_egm_range(&u->memory);
	line("PXM", "%llu", (unsigned long long)e->pxm);
	if (u->numa_node >= 0)
		line("NUMA node", "%d, of its GPUs", u->numa_node);
	for (i = 0; i < e->nr_gpus; i++)
		line(i ? "" : "GPUs", "%s %s", e->gpu[i]->bdf, e->gpu[i]->name);
	if (e->state == COHMEM_EGM_STATE_READY || e->state == COHMEM_EGM_STATE_FOREIGN)
		line("device", "/dev/%s", u->bdf);
	show_egm_user(v);
	if (u->bound.valid) {
		show_addresses(u, "retired", COHMEM_FACT_RETIRED_COUNT,
			       u->bound.retired, u->bound.nr_retired, "",
			       "; blocks of 64 KiB, nobody is given them");
		show_poison(u);
		show_scrub(u);
	}
	show_hints(v);
}

static void show_one(struct cli *cli, const struct view *v)
{
	const struct cohmem_func *f = v->f;
	char vendor[8], device[8];

	say("%s  %s [%s:%s]\n", f->bdf, shown(f->name),
	    id(f, COHMEM_ID_VENDOR, f->vendor, vendor),
	    id(f, COHMEM_ID_DEVICE, f->device, device));
	line("state", "%s", cohmem_func_state(f));
	show_health(v);
	show_driver(v);
	show_users(v);
	show_memory(&f->memory);
	show_bound(f);
	show_group(cli, f);
	show_place(v);
	if (f->link_speed[0])
		line("PCIe link", "%s, x%u", f->link_speed, f->link_width);
	show_bars(f);
	show_config(f);
	show_firmware(f);
	if (f->memory.layout.nr) {
		say("\n");
		draw_map(cli, &f->memory);
	}
	show_hints(v);
}

/**
 * show_text() - print functions and EGM in detail
 * @cli: the run
 * @views: the functions
 * @nr: how many
 */
void show_text(struct cli *cli, const struct view *views, unsigned int nr)
{
	unsigned int i;

	width = cli->width;
	for (i = 0; i < nr; i++) {
		if (i)
			say("\n");
		if (views[i].f->is_egm)
			show_egm(&views[i]);
		else
			show_one(cli, &views[i]);
	}
}
